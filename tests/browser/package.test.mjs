// The package as a plain <script type="module"> on a page of somebody else's: no bundler, no framework, no demo.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { start } from './fixture.mjs';
import { entry, openShop } from './shop.mjs';
import { until } from './until.mjs';

let house;
before(async () => (house = await start()));
after(() => house?.close());

const options = () => ({ trackingId: house.trackingId, campaign: house.campaign });

test('a page without a bundler records, ranks and delivers', async () => {
  const page = await openShop(house);
  const items = await page.evaluate(
    async ([entry, options]) => {
      const { init, track, rank, flush } = await import(entry);
      const eventId = track('watch', { itemId: '1214' }); // before init: it waits, in order
      const tracker = init({ ...options, userId: 'shopper' });
      await tracker.ready;
      const { items } = rank(['1', '260', '1200', '588'], { k: 4 });
      await flush();
      return { eventId, items };
    },
    [entry(), options()],
  );
  assert.equal(items.items.length, 4);
  assert.equal(items.items[0].itemId, '1200', 'who watched Alien is shown Aliens first');
  const kept = await until('the event is at the server', async () =>
    (await house.server.events(house.trackingId)).find((event) => event.eventId === items.eventId),
  );
  assert.equal(kept.itemId, '1214');
  await page.close();
});

for (const [how, cut] of [
  ['truncated', (bytes) => bytes.subarray(0, bytes.length / 2)],
  ['changed in one byte', (bytes) => (bytes.writeUInt8(bytes[bytes.length >> 1] ^ 1, bytes.length >> 1), bytes)],
]) {
  test(`a pack that is ${how} gives a clear error, and the list keeps the given order`, async () => {
    const prepare = (page) => damagePacks(page, cut);
    const page = await openShop(house, { prepare });
    const { message, ranking } = await page.evaluate(
      async ([entry, options]) => {
        const { init } = await import(entry);
        const tracker = init(options);
        const failed = tracker.ready.then(
          () => 'ready',
          (error) => error.message,
        );
        const message = await Promise.race([
          new Promise((resolve) => tracker.on('error', (error) => resolve(error.message))),
          failed,
        ]);
        tracker.track('watch', { itemId: '1214' });
        return { message, ranking: tracker.rank(['3', '1', '2'], { k: 3 }) };
      },
      [entry(), options()],
    );
    assert.match(message, /pack/i);
    assert.equal(ranking.where, 'given-order');
    assert.deepEqual(
      ranking.items.map((item) => item.itemId),
      ['3', '1', '2'],
    );
    await leave(page);
  });
}

test('the demo page says what is wrong with a truncated pack', async () => {
  const page = await house.browser.newPage();
  await damagePacks(page, (bytes) => bytes.subarray(0, 5000));
  await page.goto(house.url);
  await page.waitForSelector('#trouble:not([hidden])');
  assert.match(await page.textContent('#trouble'), /pack/);
  await leave(page);
});

/** Packs arrive as `cut` makes them, without the encoding that they came in. */
function damagePacks(page, cut) {
  return page.route('**/device/campaigns/*/pack', async (route) => {
    const answer = await route.fetch();
    const body = cut(Buffer.from(await answer.body()));
    await route.fulfill({ status: answer.status(), contentType: 'application/octet-stream', body });
  });
}

/** A page asks for its pack again after a failure: an answer may be under way. */
async function leave(page) {
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.close();
}
