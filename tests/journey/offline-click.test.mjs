/**
 * The whole story in one file.
 *
 * A visitor clicks with the network cut, and the page rearranges itself. The network comes back, the queue drains, and
 * the server has every click exactly once. Nobody retrains anything, and yet the server now recommends something else
 * to this visitor: what the device had worked out by itself.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Demo } from '../browser/browser.mjs';
import { start } from '../browser/fixture.mjs';
import { until } from '../browser/until.mjs';

let house;
before(async () => (house = await start()));
after(() => house?.close());

test('a click made without a network is felt on the device at once, and by the server once it is back', async (story) => {
  const { server, campaignArn } = house;
  const context = await house.browser.newContext();
  const demo = await Demo.open(context, house.url);
  const userId = (await demo.page.textContent('#history-note')).match(/visitor-\w+/)[0];
  const recommended = () => server.recommendations({ campaignArn, userId, numResults: 25 });

  const popular = await demo.order();
  const strangers = await recommended();
  const versions = await server.api.call('ListSolutionVersions');
  const clicked = [];

  await story.test('the network is cut, and clicks reorder the page in the same task', async () => {
    await demo.page.click('#cut');
    let before = popular;
    for (const position of [4, 2, 7, 0]) {
      const click = await demo.clickCard(position);
      clicked.push(click.id);
      assert.notDeepEqual(click.order, before);
      if (clicked.length === 1)
        assert.deepEqual(new Set(click.reasons), new Set([`because you watched ${click.name}`]));
      before = click.order;
    }
  });

  await story.test('meanwhile the server knows nothing, and the queue has grown', async () => {
    await until('a try has failed', async () => (await demo.stat('retries')) > 0 || null);
    assert.ok((await demo.stat('queued')) + (await demo.stat('inFlight')) >= clicked.length);
    assert.deepEqual(await house.watched(userId), []);
    assert.deepEqual(await recommended(), strangers);
  });

  await story.test('the network is back: the queue drains, every click exactly once', async () => {
    await demo.page.click('#cut');
    await demo.settled();
    assert.deepEqual(await house.watched(userId), clicked);
    const ids = (await server.events(house.trackingId)).map((event) => event.eventId);
    assert.equal(new Set(ids).size, ids.length);
  });

  await story.test('the server recommends something else to this visitor, and nothing was retrained', async () => {
    const now = await recommended();
    assert.notDeepEqual(now, strangers);
    assert.deepEqual(await server.api.call('ListSolutionVersions'), versions);
  });

  await story.test("the server's order of what the device shows is the device's order", async () => {
    const order = await demo.order();
    const inputList = [...order].sort();
    assert.deepEqual(await server.ranking({ campaignArn, userId, inputList }), order);
  });

  await context.close();
});
