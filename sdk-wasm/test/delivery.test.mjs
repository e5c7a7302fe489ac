import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { init } from '../dist/index.js';
import { Collector } from './collector.mjs';

const random = Math.random;
let collector;
let tracker;

beforeEach((context) => {
  collector = new Collector();
  // Retries come at once.
  Math.random = () => 0;
  tracker = init({ trackingId: context.name, endpoint: 'http://server', flushInterval: 0 });
});

afterEach(async () => {
  await tracker.close();
  Math.random = random;
});

/** Resolves when everything that was recorded has its outcome. */
function outcomes(count) {
  const seen = [];
  return new Promise((resolve) => tracker.on('outcome', (one) => seen.push(one) === count && resolve(seen)));
}

test('an event arrives with its id and time, without a preflight', async () => {
  const before = Date.now() / 1000;
  const id = tracker.track('watch', {
    itemId: '7',
    eventValue: 0.5,
    properties: { device: 'phone' },
    impression: ['7', '8'],
  });
  await tracker.flush();
  const [{ url, body, headers }] = collector.requests;
  assert.equal(url, 'http://server/events');
  assert.deepEqual(Object.keys(headers), ['Content-Type']);
  assert.match(headers['Content-Type'], /^text\/plain/);
  const [{ sentAt, ...event }] = body.eventList;
  assert.ok(sentAt >= before && sentAt <= body.sentAt);
  assert.deepEqual(event, {
    eventId: id,
    eventType: 'watch',
    itemId: '7',
    eventValue: 0.5,
    properties: { device: 'phone' },
    impression: ['7', '8'],
  });
});

test('every event ends in one outcome', async () => {
  const ids = ['a', 'b', 'c'].map((itemId) => tracker.track('click', { itemId }));
  collector.then({ body: { accepted: 2, duplicate: 0, invalid: [{ index: 1, eventId: ids[1], reason: 'too old' }] } });
  const all = outcomes(3);
  const stats = await tracker.flush();
  assert.deepEqual(await all, [
    { eventId: ids[0], outcome: 'accepted' },
    { eventId: ids[1], outcome: 'invalid', reason: 'too old' },
    { eventId: ids[2], outcome: 'accepted' },
  ]);
  assert.deepEqual([stats.recorded, stats.accepted, stats.refused, stats.queued], [3, 2, 1, 0]);
});

test('duplicates are counted apart and are as good as accepted', async () => {
  collector.then({ body: { accepted: 0, duplicate: 1, invalid: [] } });
  const all = outcomes(1);
  const id = tracker.track('click', { itemId: 'a' });
  const stats = await tracker.flush();
  assert.deepEqual(await all, [{ eventId: id, outcome: 'duplicate' }]);
  assert.deepEqual([stats.duplicate, stats.accepted, stats.queued], [1, 0, 0]);
});

test('an outage costs time and no event', async () => {
  collector.then('down', { status: 503 }, { status: 500, body: '<h1>oops</h1>' }, { status: 429 });
  const all = outcomes(2);
  const ids = [tracker.track('click', { itemId: 'a' }), tracker.track('click', { itemId: 'b' })];
  await all;
  assert.deepEqual(collector.accepted(), ids);
  assert.equal(tracker.stats().retries, 4);
});

test('flush resolves when the server cannot be reached', async () => {
  collector.then(...Array(1000).fill('down'));
  Math.random = () => 1;
  tracker.track('click', { itemId: 'a' });
  const stats = await tracker.flush();
  assert.deepEqual([stats.queued, stats.online, stats.retries], [1, false, 1]);
  assert.match(stats.lastError, /fetch failed/);
});

test('a server that names a time is left alone until then', async () => {
  collector.then({ status: 503, retryAfter: '3600', body: { message: 'later' } });
  tracker.track('click', { itemId: 'a' });
  await tracker.flush();
  const stats = await tracker.flush();
  assert.deepEqual([collector.requests.length, stats.queued, stats.lastError], [1, 1, 'later']);
});

test('a body that is too large is split', async () => {
  const ids = Array.from({ length: 8 }, (_, item) => tracker.track('click', { itemId: String(item) }));
  collector.then({ status: 413 }, { status: 413 });
  await tracker.flush();
  assert.deepEqual(collector.accepted(), ids);
  assert.deepEqual(
    collector.requests.map(({ body }) => body.eventList.length),
    [8, 4, 2, 4, 2],
  );
});

test('what the server refuses for good is counted and not sent again', async () => {
  collector.then({ status: 400, body: { message: 'unknown tracking id' } });
  const all = outcomes(1);
  const id = tracker.track('click', { itemId: 'a' });
  const stats = await tracker.flush();
  assert.deepEqual(await all, [{ eventId: id, outcome: 'invalid', reason: 'unknown tracking id' }]);
  assert.deepEqual([stats.refused, stats.queued, collector.requests.length], [1, 0, 1]);
});

test('the login page of a hotel is no acknowledgement', async () => {
  collector.then({ body: '<html>Welcome to our wifi</html>' });
  const all = outcomes(1);
  tracker.track('click', { itemId: 'a' });
  await all;
  assert.equal(collector.requests.length, 2);
});

test('large bodies are compressed', async () => {
  Array.from({ length: 20 }, (_, item) => tracker.track('click', { itemId: String(item) }));
  await tracker.flush();
  assert.deepEqual(
    collector.requests.map(({ zipped }) => zipped),
    [true],
  );
});

test('signing in starts another request, in order', async () => {
  const before = tracker.track('click', { itemId: 'a' });
  tracker.identify('ada');
  const after = tracker.track('click', { itemId: 'b' });
  await tracker.flush();
  const [first, second] = collector.requests.map(({ body }) => body);
  assert.deepEqual([first.userId, second.userId], [undefined, 'ada']);
  assert.equal(first.sessionId, second.sessionId, 'the server joins the visitor to the user by the session');
  assert.deepEqual(collector.accepted(), [before, after]);
});

test('another person gets another session and an empty history', async () => {
  tracker.identify('ada');
  tracker.track('click', { itemId: 'a' });
  const { sessionId } = tracker.identity();
  tracker.identify('bob');
  assert.notEqual(tracker.identity().sessionId, sessionId);
  assert.deepEqual(tracker.history(), []);
});

test('what has no JSON form does not stop the event', async () => {
  const circular = {};
  circular.self = circular;
  tracker.track('click', { itemId: 'a', properties: circular });
  tracker.track('click', { itemId: 'b', properties: { big: 1n } });
  const stats = await tracker.flush();
  assert.equal(stats.accepted, 2);
});

test('an event is what the page said, whatever becomes of its objects afterwards', async () => {
  const properties = { shelf: 'top' };
  const impression = ['a'];
  const event = { itemId: 'a', properties, impression };
  tracker.track('click', event);
  event.itemId = 'b';
  properties.shelf = 'bottom';
  impression.push('b');
  tracker.track('click', event);
  await tracker.flush();
  const [first, second] = collector.requests[0].body.eventList;
  assert.deepEqual([first.itemId, first.properties, first.impression], ['a', { shelf: 'top' }, ['a']]);
  assert.deepEqual([second.itemId, second.properties, second.impression], ['b', { shelf: 'bottom' }, ['a', 'b']]);
});

test('nothing that a page says makes it fail', async () => {
  for (const event of [null, 'text', 7, { properties: 3n }, { impression: 7 }, { itemId: {} }, { eventValue: 1n }])
    tracker.track('click', event);
  tracker.track(8n, { itemId: 9n });
  const { recorded, accepted } = await tracker.flush();
  assert.deepEqual([recorded, accepted], [8, 8]);
  const { eventType, itemId } = collector.requests[0].body.eventList.at(-1);
  assert.deepEqual([eventType, itemId], ['8', '9']);
});

test('what is asked in the same task knows of the event', () => {
  tracker.track('click', { itemId: 'a' });
  assert.equal(tracker.rank(['a', 'b'], { seen: 'exclude' }).items[0].itemId, 'b');
  assert.deepEqual([tracker.history().length, tracker.stats().queued], [1, 1]);
});

test('what made room for newer events is told to the server, once there is room again', async () => {
  collector.then('down', 'down');
  const properties = { noise: 'x'.repeat(1000) };
  const dropped = [];
  tracker.on('outcome', ({ outcome, eventId }) => outcome === 'dropped' && dropped.push(eventId));
  const ids = Array.from({ length: 1100 }, () => tracker.track('click', { properties }));
  await tracker.flush();
  await tracker.flush();
  const { dropped: counted } = tracker.stats();
  assert.ok(counted > 0);
  assert.deepEqual(dropped, ids.slice(0, counted), 'the oldest go first');
  while (collector.accepted().length < ids.length - counted + 1) await tracker.flush();
  const told = collector.requests
    .flatMap(({ body }) => body.eventList)
    .filter(({ eventType }) => eventType !== 'click');
  assert.deepEqual(
    told.map(({ eventType, eventValue }) => [eventType, eventValue]),
    [['events_dropped', counted]],
  );
});

test('a listener that throws stops nobody else', async (context) => {
  const shown = context.mock.method(console, 'error', () => {});
  tracker.on('history', () => {
    throw new Error('mine');
  });
  const heard = new Promise((resolve) => tracker.on('history', resolve));
  tracker.track('click', { itemId: 'a' });
  assert.equal((await heard).length, 1);
  assert.equal(shown.mock.calls[0].arguments[0].message, 'mine');
});
