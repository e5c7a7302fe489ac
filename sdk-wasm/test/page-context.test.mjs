import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { Collector } from './collector.mjs';
import { MemoryDisk, inner } from './inner.mjs';

const { createTracker } = await inner('js/tracker.ts');
const OPTIONS = { trackingId: 'pages', endpoint: 'http://server', flushInterval: 1e6 };
const GLOBALS = {
  screen: { width: 1920, height: 1080 },
  innerWidth: 800,
  innerHeight: 600,
  addEventListener() {},
  removeEventListener() {},
};
let page;
let collector;
let disk;

beforeEach(() => {
  page = Object.assign(new EventTarget(), {
    visibilityState: 'visible',
    URL: 'https://shop.example/a?token=secret#part',
    referrer: 'https://search.example/find?q=private',
  });
  Object.assign(globalThis, GLOBALS, { document: page });
  // Node has one since version 21, and it cannot be assigned to.
  Object.defineProperty(globalThis, 'navigator', { value: { language: 'en-GB' }, configurable: true });
  collector = new Collector();
  disk = new MemoryDisk();
});

afterEach(() => {
  for (const name of ['document', ...Object.keys(GLOBALS)]) delete globalThis[name];
});

const settled = () => new Promise(setImmediate);
const open = async (options) => {
  const tracker = createTracker({ ...OPTIONS, ...options }, undefined, disk.open);
  await tracker.flush();
  return tracker;
};
const sent = () =>
  collector.requests.map(({ body }) => [body.context?.page, ...body.eventList.map(({ itemId }) => itemId)]);

test('a request says once which page its events happened in, without what a query may carry', async () => {
  const tracker = await open();
  tracker.track('click', { itemId: 'a' });
  tracker.track('click', { itemId: 'b' });
  await tracker.close();
  const [{ body }] = collector.requests;
  assert.deepEqual(body.context, {
    page: 'https://shop.example/a',
    referrer: 'https://search.example',
    language: 'en-GB',
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    screen: [1920, 1080],
    viewport: [800, 600],
  });
  assert.deepEqual([collector.requests.length, body.eventList.length], [1, 2]);
});

test('what was recorded before the sender had come goes with the page too', async () => {
  const tracker = createTracker(OPTIONS, undefined, disk.open);
  tracker.track('click', { itemId: 'a' });
  await settled();
  await tracker.flush();
  tracker.track('click', { itemId: 'b' });
  await tracker.close();
  assert.deepEqual(sent(), [
    ['https://shop.example/a', 'a'],
    ['https://shop.example/a', 'b'],
  ]);
});

test('an event stays with the address at which it was recorded', async () => {
  const tracker = await open();
  tracker.track('click', { itemId: 'a' });
  await settled();
  page.URL = 'https://shop.example/#/b?q=private';
  tracker.track('click', { itemId: 'b' });
  await tracker.close();
  assert.deepEqual(sent(), [
    ['https://shop.example/a', 'a'],
    ['https://shop.example/#/b', 'b'],
  ]);
});

test('what a page left behind is sent with that page, or with none, by the next one', async () => {
  collector.then(...Array(9).fill('down'));
  const before = await open();
  before.track('click', { itemId: 'a' });
  await before.close();
  const old = { owner: 'gone', sessionId: 's', userId: null };
  disk.chunks.set('gone:0', { ...old, key: 'gone:0', events: ['{"eventId":"o","itemId":"old"}'] });
  disk.chunks.set('gone:1', { ...old, key: 'gone:1', events: ['{"eventId":"h","itemId":"hurt"}'], page: '{"pa' });

  collector = new Collector();
  page.URL = 'https://shop.example/later';
  const after = await open();
  await after.close();
  assert.deepEqual(sent().sort(), [
    [undefined, 'old'],
    ['https://shop.example/a', 'a'],
  ]);
  assert.equal(disk.chunks.size, 0);
});

test('a long address is cut so that the server takes the context', async () => {
  page.URL = 'https://shop.example/' + 'x'.repeat(5000);
  const tracker = await open();
  tracker.track('click', { itemId: 'a' });
  await tracker.close();
  const [{ body }] = collector.requests;
  assert.equal(body.context.page.length, 1000);
  assert.ok(JSON.stringify(body.context).length < 2048);
});

test('what cannot be said of a page costs no event', async () => {
  page.referrer = 'no address';
  const tracker = await open();
  tracker.track('click', { itemId: 'a' });
  await tracker.close();
  assert.deepEqual(sent(), [[undefined, 'a']]);
});

test('without the option nothing is said, and where there is no page there is nothing to say', async () => {
  const quiet = await open({ context: false });
  quiet.track('click', { itemId: 'a' });
  await quiet.close();
  delete globalThis.document;
  const worker = await open();
  worker.track('click', { itemId: 'b' });
  await worker.close();
  assert.deepEqual(sent(), [
    [undefined, 'a'],
    [undefined, 'b'],
  ]);
});
