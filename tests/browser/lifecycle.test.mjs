// Pages that are left, come back, die, or have neighbours: who sends what, and that nobody does twice what one did.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { visitors } from './fixture.mjs';
import { entry, openShop } from './shop.mjs';
import { until } from './until.mjs';

/** Longer than a test: what is recorded waits for company that does not come. */
const NEVER_MS = 600_000;

const here = visitors();

/** A page whose tracker has opened its log. */
async function visit({ flushInterval = NEVER_MS, prepare } = {}) {
  const page = await openShop(here.house, { context: here.context, prepare });
  await page.evaluate(
    async ([entry, options]) => {
      globalThis.shop = await import(entry);
      shop.init(options);
      await shop.flush();
    },
    [entry(), { trackingId: here.house.trackingId, userId: here.userId, flushInterval }],
  );
  return page;
}

const watch = (page, itemId) => page.evaluate((itemId) => void shop.track('watch', { itemId }), itemId);

async function arrive(...items) {
  await until('the events arrive', async () => (await here.house.watched(here.userId)).length >= items.length);
  assert.deepEqual(await here.house.watched(here.userId), items);
}

const queued = (page) => page.evaluate(() => shop.stats().queued);

test('a page that is left and comes back is the same page, and goes on', async () => {
  const page = await visit();
  await page.evaluate(() => addEventListener('pageshow', ({ persisted }) => (globalThis.wasKept = persisted)));
  await watch(page, '1');
  await page.goto(`${here.house.server.url}/ready`);
  await arrive('1');
  await page.goBack({ waitUntil: 'commit' });
  await until('the page is back', () => page.evaluate(() => globalThis.wasKept));
  await watch(page, '260');
  await page.evaluate(() => shop.flush());
  await arrive('1', '260');
  const held = await page.evaluate(async () => (await navigator.locks.query()).held.length);
  assert.equal(held, 1, 'its log is its own again');
});

test('a page sends what a dead one left behind, and leaves to a living one what is its own', async () => {
  const away = (page) => page.route('**/events', (route) => route.abort());
  const [dead, living] = [await visit({ prepare: away }), await visit({ prepare: away })];
  await watch(dead, '1');
  await watch(living, '260');
  await dead.close();
  const page = await visit();
  await until('the dead page is made up for', async () => (await here.house.watched(here.userId)).length > 0);
  await page.evaluate(() => shop.flush());
  assert.equal(await queued(page), 0);
  await arrive('1');
  assert.equal(await queued(living), 1);
  await living.unroute('**/events');
  await living.evaluate(() => shop.flush());
  await arrive('1', '260');
});
