// The ranker alone, `bowerbird/rank`: it follows a visitor whom the server has never seen, and nothing about the visitor
// leaves the browser. Seen in the traffic.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { start } from './fixture.mjs';
import { openShop } from './shop.mjs';

let house;
before(async () => (house = await start()));
after(() => house?.close());

test('a stranger gets lists that follow the clicks, and all that leaves is the question for the pack', async () => {
  const context = await house.browser.newContext();
  const requests = [];
  const page = await openShop(house, { context });
  page.on('request', (request) => requests.push(request));
  const { clicked, before, after, kept } = await page.evaluate(async (campaign) => {
    const { openRanker } = await import('/package/dist/rank/index.js');
    const ranker = openRanker({ campaign, dials: true });
    await ranker.ready;
    const ids = (options) => ranker.rank(null, { k: 10, ...options }).items.map(({ itemId }) => itemId);
    const before = ids();
    const clicked = before[3];
    ranker.observe(clicked, 1, 'watch');
    const after = ids({ seen: 'exclude', debias: 0.2, diversity: 0.2 });
    // Nothing may be waiting to be sent either.
    const databases = await indexedDB.databases();
    const kept = [databases.length, localStorage.length, sessionStorage.length, document.cookie];
    return { clicked, before, after, kept };
  }, house.campaign);
  assert.notDeepEqual(after, before);
  assert.ok(!after.includes(clicked));
  assert.deepEqual(kept, [0, 0, 0, '']);
  const sent = requests.filter((request) => !request.url().includes('/package/'));
  assert.deepEqual(
    sent.map((request) => [request.method(), new URL(request.url()).pathname, request.postData()]),
    [['GET', `/device/campaigns/${house.campaign}/pack`, null]],
  );
  for (const request of sent) {
    assert.equal(new URL(request.url()).search, '');
    const { cookie, referer = '', ...headers } = await request.allHeaders();
    assert.equal(cookie, undefined);
    assert.ok(!(referer + JSON.stringify(headers)).includes(clicked + '"'));
  }
  await context.close();
});

test('a tracker whose events stay on the device ranks by them, in this visit and the next, and sends nothing', async () => {
  const context = await house.browser.newContext();
  const requests = [];
  context.on('request', (request) => !request.url().includes('/package/') && requests.push(request));
  const visit = async (story) => {
    const page = await openShop(house, { context });
    await page.evaluate(
      async ([trackingId, campaign]) => {
        const { guard } = await import('/package/dist/privacy.js');
        const options = { trackingId, campaign, userId: 'ada-lovelace', autotrack: true };
        globalThis.tracker = guard({ ...options, consent: 'device' }).tracker();
        await globalThis.tracker.ready;
      },
      [house.trackingId, house.campaign],
    );
    await page.click('a');
    const found = await page.evaluate(story);
    await page.close({ runBeforeUnload: true });
    return found;
  };
  const first = await visit(async () => {
    const { tracker } = globalThis;
    const { itemId } = tracker.items()[7];
    tracker.track('watch', { itemId });
    tracker.track('search', { properties: { text: 'nobody is to know' } });
    const { items, historyLength } = tracker.rank(null, { seen: 'exclude' });
    await tracker.flush();
    return { itemId, historyLength, because: items.filter(({ reason }) => reason.itemId === itemId).length };
  });
  assert.equal(first.historyLength, 2, 'the click on the link, and what was watched');
  assert.ok(first.because > 0);
  const second = await visit(() => globalThis.tracker.history().map(({ itemId }) => itemId));
  assert.deepEqual(second, ['1', first.itemId, '1']);
  const paths = requests.map((request) => [request.method(), new URL(request.url()).pathname]);
  for (const path of paths.filter(([, path]) => path !== '/shop' && path !== '/favicon.ico'))
    assert.deepEqual(path, ['GET', `/device/campaigns/${house.campaign}/pack`]);
  for (const request of requests) {
    assert.equal(request.postData(), null);
    const said = request.url() + JSON.stringify(request.headers());
    assert.ok(!/ada-lovelace|nobody|session/i.test(said), said);
  }
  await context.close();
});
