import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { Collector } from './collector.mjs';
import { inner } from './inner.mjs';

// A channel to other tabs would keep the test alive.
delete globalThis.BroadcastChannel;
// One bundle of both, as they share their trackers in a page.
const { guard, track, flush } = await inner('test/_guarded.ts');

let collector;
let open;
beforeEach(() => {
  collector = new Collector();
  signals({});
});
afterEach(() => open.setConsent('denied'));

const signals = (value) => Object.defineProperty(globalThis, 'navigator', { value, configurable: true });

const guarded = (name, options) => (open = guard({ trackingId: name, endpoint: 'http://server', ...options }));
const items = () => collector.requests.flatMap(({ body }) => body.eventList.map(({ itemId }) => itemId));

test('what happened before consent arrives with the time at which it happened', async ({ name }) => {
  const { setConsent } = guarded(name);
  const before = Date.now() / 1000;
  track('click', { itemId: 'a' });
  const after = Date.now() / 1000;
  await flush();
  assert.deepEqual(collector.requests, []);
  await setConsent('granted');
  await flush();
  const [{ body }] = collector.requests;
  assert.ok(body.eventList[0].sentAt >= before && body.eventList[0].sentAt <= after);
});

test('what happened without consent is not made up for', async ({ name }) => {
  const { setConsent, tracker } = guarded(name, { consent: 'denied' });
  track('click', { itemId: 'a' });
  assert.equal(tracker(), undefined);
  await setConsent('granted');
  track('click', { itemId: 'b' });
  await flush();
  assert.deepEqual(items(), ['b']);
});

test('what is not sent yet when consent is withdrawn never is', async ({ name }) => {
  const { setConsent, tracker } = guarded(name, { consent: 'granted' });
  track('click', { itemId: 'a' });
  await setConsent('denied');
  assert.equal(tracker(), undefined);
  await setConsent('granted');
  track('click', { itemId: 'b' });
  await flush();
  assert.deepEqual(items(), ['b']);
});

test('signals of the browser mean no until the visitor says yes', ({ name }) => {
  signals({ globalPrivacyControl: true });
  assert.equal(guarded(name).consent(), 'denied');
  assert.equal(guarded(name, { respectGpc: false }).consent(), 'pending');
  signals({ doNotTrack: '1' });
  assert.equal(guarded(name).consent(), 'pending');
  assert.equal(guarded(name, { respectDnt: true }).consent(), 'denied');
  assert.equal(guarded(name, { respectDnt: true, consent: 'granted' }).consent(), 'granted');
});

test('a hook changes events, drops them, and costs none when it fails', async ({ name, mock }) => {
  mock.method(console, 'error', () => {});
  const beforeSend = (event) => {
    if (event.itemId === 'secret') return null;
    if (event.itemId === 'odd') throw new Error('a mistake in the hook');
    return { ...event, eventId: 'another', itemId: event.itemId.toUpperCase() };
  };
  const { hook, tracker } = guarded(name, { consent: 'granted', beforeSend });
  const id = track('click', { itemId: 'a' });
  track('click', { itemId: 'secret' });
  track('click', { itemId: 'odd' });
  await flush();
  assert.deepEqual(items(), ['A', 'odd']);
  assert.equal(collector.accepted()[0], id, 'the id is made once');
  assert.deepEqual(hook(), { dropped: 1, failed: 1 });
  assert.deepEqual(
    tracker()
      .history()
      .map(({ itemId }) => itemId),
    ['A', 'odd'],
  );
});

test('what happens on the device alone moves the history and is never sent', async ({ name }) => {
  const { tracker, setConsent, consent } = guarded(name, { consent: 'device', userId: 'ada' });
  const history = () => tracker().history().map(({ itemId }) => itemId); // prettier-ignore
  assert.equal(consent(), 'device');
  track('click', { itemId: 'a' });
  track('impression', { itemId: 'b' });
  tracker().identify('bob');
  track('click', { itemId: 'c' });
  assert.deepEqual(history(), ['c']);
  await flush();
  await tracker().flush();
  assert.deepEqual(collector.requests, []);
  assert.deepEqual(tracker().stats().recorded, 0);
  await setConsent('granted');
  track('click', { itemId: 'd' });
  await flush();
  assert.deepEqual(items(), ['d']);
});

test('what was to be sent is not when it is to stay on the device from now on', async ({ name }) => {
  const { setConsent, tracker } = guarded(name, { consent: 'granted' });
  track('click', { itemId: 'a' });
  await setConsent('device');
  track('click', { itemId: 'b' });
  await flush();
  assert.deepEqual(items(), []);
  assert.deepEqual(
    tracker()
      .history()
      .map(({ itemId }) => itemId),
    ['b'],
  );
});
