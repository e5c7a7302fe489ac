// Pages that are left, come back, die, or have neighbours: who sends what, and that nobody does twice what one did.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { start } from './fixture.mjs';
import { entry, openShop } from './shop.mjs';
import { until } from './until.mjs';

/** Longer than a test: what is recorded waits for company that does not come. */
const NEVER_MS = 600_000;

let house;
let context;
let userId;
before(async () => (house = await start()));
after(() => house?.close());
beforeEach(async ({ name }) => {
  context = await house.browser.newContext();
  userId = name.replaceAll(/\W+/g, '-');
});
afterEach(() => context.close());

/** A page whose tracker has opened its log. */
async function visit({ flushInterval = NEVER_MS, prepare } = {}) {
  const page = await openShop(house, { context, prepare });
  await page.evaluate(
    async ([entry, options]) => {
      globalThis.shop = await import(entry);
      shop.init(options);
      await shop.flush();
    },
    [entry(), { trackingId: house.trackingId, userId, flushInterval }],
  );
  return page;
}

const watch = (page, itemId) => page.evaluate((itemId) => void shop.track('watch', { itemId }), itemId);

async function arrive(...items) {
  await until('the events arrive', async () => (await house.watched(userId)).length >= items.length);
  assert.deepEqual(await house.watched(userId), items);
}

const queued = (page) => page.evaluate(() => shop.stats().queued);

test('a page that is left and comes back is the same page, and goes on', async () => {
  const page = await visit();
  await page.evaluate(() => addEventListener('pageshow', ({ persisted }) => (globalThis.wasKept = persisted)));
  await watch(page, '1');
  await page.goto(`${house.server.url}/ready`);
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
  await until('the dead page is made up for', async () => (await house.watched(userId)).length > 0);
  await page.evaluate(() => shop.flush());
  assert.equal(await queued(page), 0);
  await arrive('1');
  assert.equal(await queued(living), 1);
  await living.unroute('**/events');
  await living.evaluate(() => shop.flush());
  await arrive('1', '260');
});
