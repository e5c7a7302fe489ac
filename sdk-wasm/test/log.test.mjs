import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { Collector } from './collector.mjs';
import { MemoryDisk, inner } from './inner.mjs';

const { createTracker } = await inner('js/tracker.ts');
const OPTIONS = { trackingId: 'log', endpoint: 'http://server' };
const instantiate = WebAssembly.instantiate;

afterEach(() => {
  WebAssembly.instantiate = instantiate;
});

/** Lets everything run that does not wait for a timer. */
const settled = () => new Promise(setImmediate);

test('all events of one task are one record, written when the task ends', async () => {
  new Collector();
  const disk = new MemoryDisk();
  const tracker = createTracker(OPTIONS, undefined, disk.open);
  await settled();
  tracker.track('click', { itemId: 'a' });
  tracker.track('click', { itemId: 'b' });
  await null;
  await null;
  assert.deepEqual(
    [...disk.chunks.values()].map(({ events }) => events.length),
    [2],
  );
  await tracker.close();
  assert.equal(disk.chunks.size, 0, 'what is acknowledged is forgotten');
});

test('what a visit left behind is sent by the next one', async () => {
  const collector = new Collector().then(...Array(10).fill('down'));
  const disk = new MemoryDisk();
  const before = createTracker(OPTIONS, undefined, disk.open);
  before.identify('ada');
  const id = before.track('click', { itemId: 'a' });
  await before.close();
  assert.equal(disk.chunks.size, 1);

  const up = new Collector();
  const after = createTracker(OPTIONS, undefined, disk.open);
  await settled();
  await after.flush();
  assert.deepEqual(up.accepted(), [id]);
  assert.equal(up.requests[0].body.userId, 'ada');
  assert.deepEqual([collector.requests.length, disk.chunks.size], [0, 0]);
  await after.close();
});

test('a page sends what others left behind when it has lived for two seconds', async (context) => {
  const disk = new MemoryDisk();
  const chunk = { key: 'gone:0', owner: 'gone', sessionId: 's', userId: null, events: ['{"eventId":"a"}'] };
  disk.chunks.set(chunk.key, chunk);
  const collector = new Collector();
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const tracker = createTracker(OPTIONS, undefined, disk.open);
  await settled();
  context.mock.timers.tick(1999);
  await settled();
  assert.deepEqual([tracker.stats().recorded, collector.requests.length], [0, 0]);
  context.mock.timers.tick(1);
  while (!collector.requests.length) await settled();
  assert.deepEqual(collector.accepted(), ['a']);
  await tracker.close();
});

test('what cannot be read in the log is reported, forgotten, and holds up nothing else', async () => {
  const disk = new MemoryDisk();
  const chunk = { owner: 'gone', sessionId: 's', userId: null };
  disk.chunks.set('gone:0', { ...chunk, key: 'gone:0', events: ['{"event'] });
  disk.chunks.set('gone:1', { ...chunk, key: 'gone:1', events: ['{"eventId":"a"}'] });
  const collector = new Collector();
  const tracker = createTracker(OPTIONS, undefined, disk.open);
  const error = new Promise((resolve) => tracker.on('error', resolve));
  await tracker.flush();
  assert.match((await error).message, /JSON/);
  assert.deepEqual(collector.accepted(), ['a']);
  await tracker.close();
  assert.equal(disk.chunks.size, 0);
});

test('the history outlives the page and can be forgotten', async () => {
  new Collector();
  const disk = new MemoryDisk();
  const before = createTracker(OPTIONS, undefined, disk.open);
  before.track('watch', { itemId: 'a' });
  before.track('impression', { itemId: 'b' });
  before.track('search', { properties: { text: 'c' } });
  await before.close();

  const after = createTracker(OPTIONS, undefined, disk.open);
  await settled();
  assert.deepEqual(
    after.history().map(({ itemId, eventType }) => [itemId, eventType]),
    [['a', 'watch']],
  );
  after.clearHistory();
  await after.close();
  assert.deepEqual(disk.history, []);
});

test('the history keeps the last 100', async () => {
  new Collector();
  const tracker = createTracker(OPTIONS, undefined, new MemoryDisk().open);
  for (let item = 0; item < 110; item++) tracker.track('click', { itemId: String(item) });
  assert.deepEqual([tracker.history().length, tracker.history()[0].itemId], [100, '10']);
  await tracker.close();
});

test('without a database events still arrive', async () => {
  const collector = new Collector();
  const tracker = createTracker(OPTIONS, undefined, () => Promise.reject(new Error('private mode')));
  const id = tracker.track('click', { itemId: 'a' });
  await tracker.flush();
  assert.deepEqual(collector.accepted(), [id]);
  await tracker.close();
});

test('where WebAssembly is forbidden events arrive by the same rules', async () => {
  WebAssembly.instantiate = () => Promise.reject(new WebAssembly.CompileError('blocked by CSP'));
  const fresh = (await inner('js/tracker.ts')).createTracker;
  const collector = new Collector().then({ status: 413 });
  const tracker = fresh({ ...OPTIONS, batchSize: 4 }, undefined, new MemoryDisk().open);
  const ids = Array.from({ length: 6 }, (_, item) => tracker.track('click', { itemId: String(item) }));
  await tracker.flush();
  assert.deepEqual(collector.accepted(), ids);
  assert.deepEqual(
    collector.requests.map(({ body }) => body.eventList.length),
    [6, 3, 3],
  );
  await tracker.close();
});

test('what another tab observed is known when this one is looked at again', async () => {
  new Collector();
  const disk = new MemoryDisk();
  const page = Object.assign(new EventTarget(), { visibilityState: 'visible', URL: 'http://shop/' });
  Object.assign(globalThis, { document: page, addEventListener: () => {}, removeEventListener: () => {} });
  const here = createTracker(OPTIONS, undefined, disk.open);
  delete globalThis.document;
  here.track('click', { itemId: 'a' });
  await here.flush();
  const there = createTracker(OPTIONS, undefined, disk.open);
  await settled();
  there.track('click', { itemId: 'b' });
  await there.close();

  page.dispatchEvent(new Event('visibilitychange'));
  here.track('click', { itemId: 'c' });
  await settled();
  assert.deepEqual(
    here.history().map(({ itemId }) => itemId),
    ['a', 'b', 'c'],
  );
  await here.close();
});

test('a full disk is reported and costs no event while the page lives', async () => {
  const collector = new Collector();
  const open = async (_namespace, failed) => ({
    read: async () => [],
    write: () => failed(new DOMException('no room', 'QuotaExceededError')),
    close() {},
  });
  const tracker = createTracker(OPTIONS, undefined, open);
  const error = new Promise((resolve) => tracker.on('error', resolve));
  const id = tracker.track('click', { itemId: 'a' });
  await tracker.flush();
  assert.deepEqual(collector.accepted(), [id]);
  assert.match((await error).message, /no room/);
  await tracker.close();
});

test('two trackers of a page keep their events, visitors and histories apart', async () => {
  const collector = new Collector();
  const disks = { one: new MemoryDisk(), two: new MemoryDisk() };
  const [one, two] = ['one', 'two'].map((trackingId) =>
    createTracker({ ...OPTIONS, trackingId }, undefined, (namespace) => disks[namespace].open()),
  );
  one.identify('ada');
  one.track('click', { itemId: 'a' });
  two.track('click', { itemId: 'b' });
  await Promise.all([one.close(), two.close()]);
  const sent = collector.requests.map(({ body }) => [body.trackingId, body.userId, body.eventList[0].itemId]);
  assert.deepEqual(sent.sort(), [
    ['one', 'ada', 'a'],
    ['two', undefined, 'b'],
  ]);
  assert.notEqual(one.identity().sessionId, two.identity().sessionId);
  assert.deepEqual(
    [disks.one, disks.two].map(({ history }) => history.map(({ itemId }) => itemId)),
    [['a'], ['b']],
  );
});
