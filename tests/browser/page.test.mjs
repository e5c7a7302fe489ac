// What a visitor sees: films in an order that follows the clicks, at once, with a reason.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Demo } from './browser.mjs';
import { start } from './fixture.mjs';
import { until } from './until.mjs';

let house;
before(async () => (house = await start()));
after(() => house?.close());

/** A test with a visitor of its own, whose page must not throw. */
function visit(name, story, options = {}) {
  test(name, async () => {
    const context = await house.browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    try {
      const demo = await Demo.open(context, house.url);
      await story(demo, context);
      assert.deepEqual(demo.errors, []);
    } finally {
      await context.close();
    }
  });
}

visit('a stranger sees popular films, ranked on the device, and is invited to click', async (demo) => {
  assert.equal(await demo.page.textContent('#for-you h2'), 'Popular');
  assert.equal((await demo.order()).length, 24);
  assert.match(await demo.page.textContent('#ranking-where'), /on this device/);
  assert.ok(await demo.page.isVisible('.invitation'));
});

visit('a click reorders the page in the same task, and the reason names the film', async (demo) => {
  const before = await demo.order();
  const click = await demo.clickCard(2);
  assert.notDeepEqual(click.order, before);
  assert.ok(!click.order.includes(click.id), 'a watched film leaves "For you"');
  assert.deepEqual(new Set(click.reasons), new Set([`because you watched ${click.name}`]));
  assert.equal(await demo.page.textContent('#for-you h2'), 'For you');
});

visit('every row follows the click, each with the films of its genre', async (demo) => {
  const rows = await demo.page.$$eval('.row[id^=genre-]', (sections) => sections.map((section) => section.id));
  assert.ok(rows.length >= 6);
  const before = await Promise.all(rows.map((row) => demo.order(row)));
  await demo.clickCard(0);
  const after = await Promise.all(rows.map((row) => demo.order(row)));
  const moved = after.filter((order, i) => order.join() !== before[i].join());
  assert.ok(moved.length >= rows.length / 2, `${moved.length} of ${rows.length} rows moved`);
});

visit('the list answers while a slider is dragged, and comes back with it', async (demo) => {
  const drag = (value) =>
    demo.page.$eval(
      '#debias',
      (slider, value) => {
        slider.value = value;
        slider.dispatchEvent(new Event('input', { bubbles: true }));
        return [...document.querySelectorAll('#for-you .films > li')].map((item) => item.dataset.film);
      },
      value,
    );
  await demo.clickCard(2);
  const before = await demo.order();
  assert.notDeepEqual(await drag(60), before);
  assert.match(await demo.page.textContent('#ranking-measures'), /Little known \d+ %/);
  assert.deepEqual(await drag(0), before);
});

visit('clicks are acknowledged by the server, each once', async (demo) => {
  const visitor = (await demo.page.textContent('#history-note')).match(/visitor-\w+/)[0];
  const clicked = [];
  for (const position of [1, 0, 3]) clicked.push((await demo.clickCard(position)).id);
  await until('the log says so', async () => (await demo.page.$$('.log .accepted')).length === 3 || null);
  await until('the server lists them', async () => (await house.watched(visitor)).length >= 3 || null);
  assert.deepEqual(await house.watched(visitor), clicked);
});

visit(
  'the owner sees in which page an event happened, and nothing of its query',
  async (demo) => {
    const visitor = (await demo.page.textContent('#history-note')).match(/visitor-\w+/)[0];
    await demo.clickCard(0);
    const of = async () => (await house.server.events(house.trackingId)).filter(({ userId }) => userId === visitor);
    const [first] = await until('the event is there', async () => ((await of()).length ? of() : null));
    assert.deepEqual(first.context, {
      page: `${house.server.url}/`,
      language: 'de-AT',
      timeZone: 'Asia/Tokyo',
      screen: [1280, 800],
      viewport: [1280, 800],
    });
  },
  { locale: 'de-AT', timezoneId: 'Asia/Tokyo' },
);

visit('a reload brings the history back, and the order with it', async (demo) => {
  await demo.clickCard(1);
  const { order } = await demo.clickCard(4);
  const history = await demo.history();
  await demo.visit();
  assert.deepEqual(await demo.history(), history);
  assert.deepEqual(await demo.order(), order);
});

visit('"Forget me" empties the device and makes a new visitor', async (demo) => {
  const popular = await demo.order();
  await demo.clickCard(0);
  const note = await demo.page.textContent('#history-note');
  await demo.page.click('#forget');
  assert.deepEqual(await demo.history(), []);
  assert.deepEqual(await demo.order(), popular);
  assert.notEqual(await demo.page.textContent('#history-note'), note);
  await demo.visit();
  assert.deepEqual(await demo.history(), []);
});

visit('the search box finds films, and a found film can be watched', async (demo) => {
  await demo.page.fill('#query', 'matrix 1999');
  const found = await demo.clickCard(0, 'search-results');
  assert.equal(found.name, 'The Matrix (1999)');
  assert.deepEqual(await demo.history(), ['The Matrix (1999)']);
  await demo.page.fill('#query', 'no film is called this');
  await until('it is said aloud', async () => /No film/.test(await demo.page.textContent('#announcer')) || null);
});

visit('the server, asked for the same candidates, gives the same order', async (demo) => {
  await demo.clickCard(2);
  await demo.clickCard(5);
  await demo.page.click('#beside');
  await demo.page.waitForSelector('#comparison-rows tr');
  assert.equal(await demo.page.textContent('#comparison-verdict'), '200 candidates: the same order.');
  assert.match(await demo.page.textContent('#server-time'), /round trip/);
});

visit('with the network cut the server has no answer, and the page says that the device needs none', async (demo) => {
  await demo.page.click('#cut');
  await demo.clickCard(2);
  await demo.page.click('#beside');
  const verdict = () => demo.page.textContent('#comparison-verdict');
  await until('it is said', async () => /cannot be reached.*already moved on/.test(await verdict()) || null);
  await demo.page.click('#cut');
  await until('the server answers again', async () => /the same order/.test(await verdict()) || null);
});

visit('nothing jumps while the page comes up', async (demo) => {
  const shift = await demo.page.evaluate(
    () =>
      new Promise((resolve) => {
        new PerformanceObserver((list) =>
          resolve(list.getEntries().reduce((sum, entry) => sum + entry.value, 0)),
        ).observe({ type: 'layout-shift', buffered: true });
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(0)));
      }),
  );
  assert.ok(shift < 0.02, `layout shift of ${shift}`);
});

test('an unknown campaign is named in a message that says what to do', async () => {
  const page = await house.browser.newPage();
  await page.goto(`${house.server.url}/?trackingId=${house.trackingId}&campaign=nowhere`);
  await page.waitForSelector('#trouble:not([hidden])');
  assert.match(await page.textContent('#trouble'), /"nowhere".*npm start/s);
  await page.close();
});

test('the names can also come from config.json, which whoever starts the server writes', async () => {
  const page = await house.browser.newPage();
  const { trackingId, campaign } = house;
  await page.route('**/config.json', (route) => route.fulfill({ json: { trackingId, campaign } }));
  await page.goto(house.server.url);
  await page.waitForSelector('#for-you .card');
  assert.ok((await page.textContent('#snippet')).includes(trackingId), 'the code to copy works as it stands');
  await page.close();
});

test('without a tracking id the page says that it has none', async () => {
  const page = await house.browser.newPage();
  await page.route('**/config.json', (route) => route.fulfill({ status: 404, body: '' }));
  await page.goto(house.server.url);
  await page.waitForSelector('#trouble:not([hidden])');
  assert.match(await page.textContent('#trouble'), /config\.json/);
  await page.close();
});
