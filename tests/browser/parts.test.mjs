// A catalogue that is too large to be downloaded (here by a setting): the page gets the items that it ranks, and ranks
// them as with the whole.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { start } from './fixture.mjs';
import { openShop } from './shop.mjs';

process.env.BOWERBIRD_WHOLE_PACK_MB = '0';

let house;
before(async () => (house = await start()));
after(() => house?.close());

/** The order and the scores of these items after three clicks; `times`: how often a pack is ready until then. */
async function ranked(context, wanted, times, prepare) {
  const asked = [];
  const page = await openShop(house, { context, prepare });
  page.on('request', (request) => request.url().includes('/device/') && asked.push(new URL(request.url()).search));
  const items = await page.evaluate(
    async ([campaign, ids, times]) => {
      const { openRanker } = await import('/package/dist/rank/index.js');
      await new Promise((resolve) => {
        const ranker = (globalThis.ranker = openRanker({
          campaign,
          onReady() {
            // Asks for what is not here yet.
            ranker.rank(ids);
            if (--times === 0) resolve();
          },
        }));
      });
      for (const id of ids.slice(0, 3)) globalThis.ranker.observe(id);
      return globalThis.ranker.rank(ids, { k: ids.length }).items.map(({ itemId, score }) => [itemId, score]);
    },
    [house.campaign, wanted, times],
  );
  await page.close();
  return { items, asked };
}

test('items of a part are asked for by name, and rank as in the whole', async () => {
  const pack = `${house.server.url}/device/campaigns/${house.campaign}/pack`;
  const popular = await fetch(pack);
  assert.ok(Number(popular.headers.get('bowerbird-catalogue')) > 9000);
  const whole = Buffer.from(
    await (
      await fetch(`${house.server.url}/device/packs/${popular.headers.get('etag').replaceAll('"', '')}`)
    ).arrayBuffer(),
  );
  const small = Buffer.from(await popular.arrayBuffer());
  assert.ok(small.length < whole.length / 3, `${small.length} of ${whole.length} bytes`);
  const wanted = ['1', '2', '3', '5', '7', '100', '170', '300', '500', '900', '1500', '3000', '6000', '26000'];

  const strangers = await house.browser.newContext();
  const part = await ranked(strangers, wanted, 2);
  assert.ok(part.asked.length === 2 && part.asked[1].startsWith('?items='), part.asked.join());
  await strangers.close();

  const context = await house.browser.newContext();
  const all = await ranked(context, wanted, 1, (page) =>
    page.route('**/device/campaigns/**', (route) => route.fulfill({ body: whole, headers: { ETag: '"whole"' } })),
  );
  assert.deepEqual(part.items, all.items);
  await context.close();
});
