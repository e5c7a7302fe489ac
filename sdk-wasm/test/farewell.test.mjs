import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { inner } from './inner.mjs';

const { outbox } = await inner('js/outbox.ts');
const { emitter } = await inner('js/emitter.ts');
const settled = () => new Promise(setImmediate);

let beacons;
let requests;
let out;

beforeEach(async () => {
  beacons = [];
  requests = [];
  const sendBeacon = (_url, body) => !!beacons.push(ids(body));
  Object.defineProperty(globalThis, 'navigator', { value: { sendBeacon }, configurable: true });
  // Unanswered until the test answers.
  globalThis.fetch = (_url, { body, keepalive }) =>
    new Promise((resolve, reject) => requests.push({ ids: ids(body), keepalive, resolve, reject }));
  const options = { trackingId: 't', url: 'http://server/events', owner: 'me', batchSize: 50, flushInterval: 1e6 };
  out = outbox({ ...options, write() {} }, emitter());
  await out.load();
});

afterEach(() => {
  out.stop();
  delete globalThis.fetchLater;
});

const ids = (body) => JSON.parse(body).eventList.map(({ eventId }) => eventId);
const logged = (id) => ({ id, text: JSON.stringify({ eventId: id }), sessionId: 's', userId: null });

function add(...names) {
  names.forEach((id) => out.add(logged(id)));
  out.commit();
}

test('a page that ends sends each event once more at most, however often it says goodbye', () => {
  add('a', 'b');
  out.beacon();
  out.beacon();
  add('c');
  out.beacon();
  assert.deepEqual(beacons, [['a', 'b'], ['c']]);
});

test('events on their way in a request that outlives the page need no beacon', async () => {
  add('a');
  out.wake();
  await settled();
  add('b');
  out.beacon();
  assert.deepEqual(requests[0].ids, ['a']);
  assert.equal(requests[0].keepalive, true);
  assert.deepEqual(beacons, [['b']]);
});

test('a request that failed is made up for by the beacon', async () => {
  add('a');
  out.wake();
  await settled();
  requests[0].reject(new TypeError('fetch failed'));
  await settled();
  out.beacon();
  assert.deepEqual(beacons, [['a']]);
});

test('a batch that is too large to outlive the page is in the beacon too', async () => {
  out.add({ ...logged('a'), text: JSON.stringify({ eventId: 'a', noise: noise(40_000) }) });
  out.commit();
  globalThis.fetch = (_url, { keepalive }) => new Promise(() => requests.push({ keepalive }));
  out.wake();
  while (!requests.length) await settled();
  out.beacon();
  assert.equal(requests[0].keepalive, false);
  assert.deepEqual(beacons, [['a']]);
});

test('what another page left behind is not in the beacon of this one', () => {
  out.adopt([{ key: 'other:0', owner: 'other', events: [logged('a')] }]);
  add('b');
  out.beacon();
  assert.deepEqual(beacons, [['b']]);
});

test('a copy stays with the browser until the events are on their way', async ({ mock }) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const kept = [];
  globalThis.fetchLater = (_url, { body, signal }) => kept.push({ ids: ids(body), signal });
  add('a');
  mock.timers.tick(200);
  add('b');
  mock.timers.tick(100);
  assert.deepEqual(kept[0].ids, ['a', 'b']);
  assert.equal(kept[0].signal.aborted, false);
  out.wake();
  await settled();
  assert.equal(kept[0].signal.aborted, true);
  mock.timers.tick(300);
  assert.equal(kept.length, 1);
});

test('the copy is taken back when the beacon has the events', ({ mock }) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const kept = [];
  globalThis.fetchLater = (_url, { signal }) => kept.push(signal);
  add('a');
  mock.timers.tick(300);
  out.beacon();
  assert.deepEqual([kept.length, kept[0].aborted, beacons], [1, true, [['a']]]);
});

/** Text that gzip cannot shorten by much. */
function noise(length) {
  return Array.from({ length }, () => Math.random().toString(36)[3]).join('');
}
