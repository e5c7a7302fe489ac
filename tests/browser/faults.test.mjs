// What browsers, networks and clocks do to a page, and that no event is lost or counts twice for it. The same with two
// hundred events each, and beside other trackers: npm run bench -- faults.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { visitors } from './fixture.mjs';
import { entry, openShop } from './shop.mjs';
import { until } from './until.mjs';

const ITEMS = ['1', '260', '588', '1198', '1214'];
const DAY_MS = 86_400_000;

const here = visitors();

/** A page whose tracker has opened its log, unless it cannot; `prepare` and `headers` as for the shop. */
async function visit(set = {}) {
  const page = await openShop(here.house, { context: here.context, ...set });
  const { trackingId, campaign } = here.house;
  await page.evaluate(
    async ([entry, options]) => {
      const bowerbird = await import(entry);
      globalThis.errors = [];
      bowerbird.on('error', ({ message }) => errors.push(message));
      globalThis.shop = bowerbird;
      bowerbird.init(options);
      await bowerbird.flush();
    },
    [entry(), { trackingId, campaign, userId: here.userId }],
  );
  return page;
}

const watch = (page, items) =>
  page.evaluate((items) => items.forEach((itemId) => shop.track('watch', { itemId })), items);

/** Waits until these have arrived and nothing waits any more: each is there once, and in order. */
async function arrive(page, items = ITEMS) {
  await until('the events arrive', async () => (await here.house.watched(here.userId)).length >= items.length);
  await until('nothing waits', () => page.evaluate(async () => (await shop.flush()).queued === 0));
  assert.deepEqual(await here.house.watched(here.userId), items);
}

test('what was recorded right before the renderer crashed arrives with the next visit', async () => {
  const page = await visit();
  await watch(page, ITEMS);
  const crashed = page.waitForEvent('crash');
  const devtools = await here.context.newCDPSession(page);
  // It has nobody left to answer it.
  devtools.send('Page.crash').catch(() => {});
  await crashed;
  await arrive(await visit());
});

test('an answer that gets lost makes no event count twice', async () => {
  let lost = 0;
  const prepare = (page) =>
    page.route('**/events', async (route) => {
      if (lost === 2) return route.continue();
      await route.fetch();
      lost += 1;
      await route.abort();
    });
  const page = await visit({ prepare });
  await watch(page, ITEMS);
  await arrive(page);
  assert.equal(await page.evaluate(() => shop.stats().duplicate), ITEMS.length);
});

test('a body that is too large for a server goes in smaller ones', async () => {
  const tooLarge = 1000;
  let refused = 0;
  const prepare = (page) =>
    page.route('**/events', (route) => {
      if (route.request().postDataBuffer().length < tooLarge) return route.continue();
      refused += 1;
      return route.fulfill({ status: 413, body: '{}' });
    });
  const page = await visit({ prepare });
  const items = Array.from({ length: 200 }, (_, at) => String(at + 1));
  await watch(page, items);
  await arrive(page, items);
  assert.ok(refused > 0);
});

test('a browser that has no room left sends what it cannot keep', async () => {
  const page = await visit();
  const devtools = await here.context.newCDPSession(page);
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: here.house.server.url, quotaSize: 1 });
  await watch(page, ITEMS);
  await arrive(page);
  assert.match((await page.evaluate(() => errors)).join(), /quota/i);
});

test('a browser that forbids IndexedDB records, delivers and ranks', async () => {
  const forbid = () =>
    Object.defineProperty(globalThis, 'indexedDB', {
      get() {
        throw new DOMException('forbidden', 'SecurityError');
      },
    });
  const page = await visit({ prepare: (page) => page.addInitScript(forbid) });
  await watch(page, ITEMS);
  await arrive(page);
  await until('the device ranks', () => page.evaluate(() => shop.rank(['1', '2']).where === 'device'));
});

test('a clock that is set back by a day neither holds events back nor repeats them', async () => {
  const page = await visit();
  await watch(page, ITEMS.slice(0, 2));
  await page.evaluate((ms) => {
    const right = Date.now;
    Date.now = () => right() - ms;
  }, DAY_MS);
  await watch(page, ITEMS.slice(2));
  await arrive(page);
});

test('a policy without WebAssembly costs the ranking on the device, not the events', async () => {
  const headers = { 'content-security-policy': "default-src 'self'; script-src 'self'" };
  const page = await visit({ headers });
  await watch(page, ITEMS);
  await arrive(page);
  assert.equal(await page.evaluate(() => shop.rank(['1', '2']).where), 'given-order');
});

test('files that a deployment removed under an open page cost no event', async () => {
  const isEntry = (route) => new URL(route.request().url()).pathname === entry();
  const prepare = (page) =>
    page.route('**/package/**', (route) =>
      isEntry(route) ? route.fallback() : route.fulfill({ status: 404, body: '' }),
    );
  const page = await visit({ prepare });
  await watch(page, ITEMS);
  await page.close();
  await arrive(await visit());
});
