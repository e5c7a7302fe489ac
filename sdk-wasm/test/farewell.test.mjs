import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { inner } from './inner.mjs';

const { outbox } = await inner('js/outbox.ts');
const { delivery } = await inner('js/delivery.ts');
const { emitter } = await inner('js/emitter.ts');
const settled = () => new Promise(setImmediate);

let beacons;
let requests;
let out;
let sending;

beforeEach(async () => {
  beacons = [];
  requests = [];
  const sendBeacon = (_url, body) => !!beacons.push(ids(body));
  Object.defineProperty(globalThis, 'navigator', { value: { sendBeacon }, configurable: true });
  // Unanswered until the test answers.
  globalThis.fetch = (_url, { body, keepalive }) =>
    new Promise((resolve, reject) => requests.push({ ids: ids(body), keepalive, resolve, reject }));
  const url = 'http://server/events';
  const write = () => {};
  out = outbox('t', url, 'me');
  sending = delivery(out, { url, flushInterval: 1e6, write, track: () => {} }, emitter());
  await sending.load();
});

afterEach(() => {
  sending.stop();
  delete globalThis.fetchLater;
});

const ids = (body) => JSON.parse(body).eventList.map(({ eventId }) => eventId);
const WHO = { sessionId: 's', userId: null };
const stamped = (id, more) => ({ id, text: JSON.stringify({ eventId: id, ...more }) });

function add(...names) {
  out.add(
    names.map((id) => stamped(id)),
    WHO,
  );
  sending.committed();
}

/** What a page does when it ends. */
function leave() {
  sending.leave();
  out.beacon();
}

test('a page that ends sends each event once more at most, however often it says goodbye', () => {
  add('a', 'b');
  leave();
  leave();
  add('c');
  leave();
  assert.deepEqual(beacons, [['a', 'b'], ['c']]);
});

test('events on their way in a request that outlives the page need no beacon', async () => {
  add('a');
  sending.wake();
  await settled();
  add('b');
  leave();
  assert.deepEqual(requests[0].ids, ['a']);
  assert.equal(requests[0].keepalive, true);
  assert.deepEqual(beacons, [['b']]);
});

test('a request that failed is made up for by the beacon', async () => {
  add('a');
  sending.wake();
  await settled();
  requests[0].reject(new TypeError('fetch failed'));
  await settled();
  leave();
  assert.deepEqual(beacons, [['a']]);
});

test('a batch that is too large to outlive the page is in the beacon too', async () => {
  out.add([stamped('a', { noise: noise(40_000) })], WHO);
  sending.committed();
  globalThis.fetch = (_url, { keepalive }) => new Promise(() => requests.push({ keepalive }));
  sending.wake();
  while (!requests.length) await settled();
  leave();
  assert.equal(requests[0].keepalive, false);
  assert.deepEqual(beacons, [['a']]);
});

test('a beacon that the browser does not take is made again', () => {
  add('a');
  navigator.sendBeacon = () => false;
  leave();
  navigator.sendBeacon = (_url, body) => !!beacons.push(ids(body));
  leave();
  assert.deepEqual(beacons, [['a']]);
});

test('the room for a beacon is counted in bytes and not in characters', () => {
  out.add(
    ['a', 'b'].map((id) => stamped(id, { noise: 'ж'.repeat(20_000) })),
    WHO,
  );
  sending.committed();
  leave();
  assert.deepEqual(beacons, [['b']]);
});

test('what another page left behind is not in the beacon of this one', () => {
  sending.adopt([{ key: 'other:0', owner: 'other', ...WHO, events: [stamped('a').text] }]);
  add('b');
  leave();
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
  sending.wake();
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
  leave();
  assert.deepEqual([kept.length, kept[0].aborted, beacons], [1, true, [['a']]]);
});

/** Text that gzip cannot shorten by much. */
function noise(length) {
  return Array.from({ length }, () => Math.random().toString(36)[3]).join('');
}
