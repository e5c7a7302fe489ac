import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as browser from '../dist/index.js';
import * as server from '../dist/node.js';
import { Collector } from './collector.mjs';

test('what is called before init waits in order', async () => {
  const collector = new Collector();
  const first = browser.track('click', { itemId: 'a' });
  browser.identify('ada');
  const second = browser.track('click', { itemId: 'b' });
  const outcomes = [];
  browser.on('outcome', ({ eventId }) => outcomes.push(eventId));
  assert.deepEqual(
    browser.rank(['x', 'y']).items.map(({ itemId }) => itemId),
    ['x', 'y'],
  );
  assert.equal(browser.stats().recorded, 2);

  const tracker = browser.init({ trackingId: 'entry', endpoint: 'http://server' });
  const third = browser.track('click', { itemId: 'c' });
  await browser.flush();
  assert.deepEqual(collector.accepted(), [first, second, third]);
  assert.deepEqual(outcomes, [first, second, third]);
  assert.deepEqual(
    collector.requests.map(({ body }) => body.userId),
    [undefined, 'ada'],
  );
  assert.equal(browser.init({ trackingId: 'entry' }), tracker, 'one tracker per namespace');
  await tracker.close();
});

test('the given order is filtered and cut like a ranking', () => {
  const { items, where } = browser.rank(['a', 'b', 'a', 'c', 'd'], { k: 2, exclude: ['a'] });
  assert.equal(where, 'given-order');
  assert.deepEqual(items, [
    { itemId: 'b', score: null, reason: { kind: 'given' } },
    { itemId: 'c', score: null, reason: { kind: 'given' } },
  ]);
});

test('on a server every function is there and none does anything', async () => {
  globalThis.fetch = () => assert.fail('a request was made');
  assert.deepEqual(Object.keys(server).sort(), Object.keys(browser).sort());
  const tracker = server.init({ trackingId: 't' });
  assert.match(server.track('click', { itemId: 'a' }), /^[0-9-]+$/);
  server.identify('ada');
  server.on('outcome', () => assert.fail())();
  await tracker.ready;
  assert.deepEqual(await tracker.flush(), tracker.stats());
  assert.deepEqual(tracker.rank(['a', 'b'], { k: 1 }).items.length, 1);
  assert.deepEqual([tracker.items(), tracker.history(), tracker.item('a')], [[], [], undefined]);
  tracker.clearHistory();
  await tracker.close();
});

test('both entries offer the same tracker', async () => {
  new Collector();
  const real = browser.init({ trackingId: 'shape', endpoint: 'http://server' });
  const offered = Object.keys(real).filter((name) => !['record', 'end'].includes(name));
  assert.deepEqual(Object.keys(server.init({ trackingId: 'shape' })).sort(), offered.sort());
  await real.close();
});
