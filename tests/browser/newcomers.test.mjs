// An item that is put into the catalogue this minute, or that people met this minute: the page ranks it after downloading
// what has changed and nothing else. Nobody trains in between.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { start } from './fixture.mjs';
import { openShop } from './shop.mjs';
import { until } from './until.mjs';

const film = (itemId, title, genres) => ({ itemId, properties: JSON.stringify({ title, genres }) });
/** Nobody has met either of them. */
const NOIR = film('this-minute-noir', 'The Dark Minute', 'Film-Noir|Mystery');
const WESTERN = film('this-minute-western', 'The Dusty Minute', 'Western');

let house;
before(async () => (house = await start()));
after(() => house?.close());

/** What a page of this visitor ranks, and what it downloaded for that; `knows`: what it has to know before. */
async function visit(context, knows) {
  const answers = [];
  const page = await openShop(house, { context });
  page.on('response', (response) => response.url().includes('/device/') && answers.push(response));
  await page.evaluate(async (campaign) => {
    const { openRanker } = await import('/package/dist/rank/index.js');
    globalThis.ranker = openRanker({ campaign });
    await globalThis.ranker.ready;
  }, house.campaign);
  await until('the server has answered', () => answers.length > 0);
  if (knows) await until('the page knows it', () => page.evaluate((id) => !!globalThis.ranker.item(id), knows));
  const found = await page.evaluate(() => {
    const { ranker } = globalThis;
    const noir = ranker.items().filter(({ columns }) => columns.GENRES?.includes('Film-Noir'));
    const watched = noir.slice(0, 3).map(({ itemId }) => itemId);
    for (const itemId of watched) ranker.observe(itemId);
    const { items, packVersion } = ranker.rank(null, { k: 20_000 });
    return { watched, order: items.map(({ itemId }) => itemId), packVersion };
  });
  await page.close();
  return { ...found, answers };
}

test('a page follows by a delta, and ranks what came this minute', async () => {
  const context = await house.browser.newContext();
  const before = await visit(context);
  assert.ok(!before.order.includes(NOIR.itemId));
  const pack = `${house.server.url}/device/campaigns/${house.campaign}/pack`;
  const [whole] = before.answers;
  assert.deepEqual([whole.url(), whole.status()], [pack, 200]);

  const datasets = await house.server.api.list('ListDatasets', 'datasets', {});
  const { datasetArn } = datasets.find(({ datasetType }) => datasetType === 'ITEMS');
  const put = await fetch(`${house.server.url}/items`, {
    method: 'POST',
    body: JSON.stringify({ datasetArn, items: [NOIR, WESTERN] }),
  });
  assert.equal(put.status, 200);
  await until(
    'the campaign serves it',
    async () => (await fetch(`${pack}?from=${before.packVersion}`)).status === 200,
    { within: 30_000 },
  );

  const after = await visit(context, NOIR.itemId);
  const [delta] = after.answers;
  assert.deepEqual([delta.url(), delta.status()], [`${pack}?from=${before.packVersion}`, 200]);
  const sent = Number(delta.headers()['content-length']);
  const { length } = new Uint8Array(await (await fetch(pack)).arrayBuffer());
  assert.ok(sent < length / 20, `${sent} bytes instead of ${length}`);
  assert.equal(after.order.length, before.order.length + 2);
  assert.notEqual(after.packVersion, before.packVersion);
  const places = [NOIR, WESTERN].map(({ itemId }) => after.order.indexOf(itemId));
  assert.ok(places[0] < places[1], 'the one that is described like what was watched comes first');

  const third = await visit(context, NOIR.itemId);
  assert.deepEqual(
    third.answers.map((answer) => answer.status()),
    [204],
    'who has everything downloads nothing',
  );
  await context.close();
});

test('a page ranks an item of which nobody has said more than that three people met it', async () => {
  const context = await house.browser.newContext();
  const before = await visit(context);
  const pack = `${house.server.url}/device/campaigns/${house.campaign}/pack`;
  const watch = (userId, ...items) =>
    fetch(`${house.server.url}/events`, {
      method: 'POST',
      body: JSON.stringify({
        trackingId: house.trackingId,
        userId,
        sessionId: `visit of ${userId}`,
        eventList: items.map((itemId) => ({ eventType: 'watch', sentAt: Date.now() / 1000, itemId })),
      }),
    });
  for (const user of ['first', 'second', 'third']) await watch(user, ...before.watched, 'met-this-minute');
  const follows = async () => (await fetch(`${pack}?from=${before.packVersion}`)).status === 200;
  await until('the campaign serves it', follows, { within: 30_000 });

  const after = await visit(context, 'met-this-minute');
  const [delta] = after.answers;
  assert.deepEqual([delta.url(), delta.status()], [`${pack}?from=${before.packVersion}`, 200]);
  const place = after.order.indexOf('met-this-minute');
  assert.ok(place >= 0 && place < after.order.length / 20, `place ${place} of ${after.order.length}`);
  await context.close();
});
