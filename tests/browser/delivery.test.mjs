// What happens to events when something goes wrong: nothing is lost, nothing counts twice.
import assert from 'node:assert/strict';
import { after, beforeEach, afterEach, before, test } from 'node:test';

import { Demo } from './browser.mjs';
import { start } from './fixture.mjs';
import { until } from './until.mjs';

let house;
let context;
let demo;
let visitor;
before(async () => (house = await start()));
after(() => house?.close());
beforeEach(async () => {
  context = await house.browser.newContext();
  demo = await Demo.open(context, house.url);
  visitor = (await demo.page.textContent('#history-note')).match(/visitor-\w+/)[0];
});
afterEach(async () => {
  await context.close();
  await house.server.start();
});

const arrived = (clicked, options) =>
  until('the clicks arrive', async () => (await house.watched(visitor)).length >= clicked.length || null, options);

test('events recorded while the server is down arrive after it is back, each once', async () => {
  await demo.settled();
  await house.server.stop();
  const clicked = [(await demo.clickCard(0)).id, (await demo.clickCard(1)).id];
  await until('a try has failed', async () => (await demo.stat('retries')) > 0 || null);
  assert.ok((await demo.stat('queued')) + (await demo.stat('inFlight')) >= 2);
  await house.server.start();
  await arrived(clicked, { within: 90_000 });
  await demo.settled();
  assert.deepEqual(await house.watched(visitor), clicked);
});

test('events recorded right before the tab closes arrive, now or on the next visit', async () => {
  const { id } = await demo.clickCard(3);
  await demo.page.close();
  demo = await Demo.open(context, house.url);
  await arrived([id]);
  assert.equal((await demo.history()).length, 1);
  await demo.clickCard(0);
  await demo.settled();
  assert.equal((await house.watched(visitor)).filter((item) => item === id).length, 1);
});

test('a network that fails before the page has sent anything costs nothing but time', async () => {
  let away = true;
  let failed = 0;
  context.on('requestfailed', () => failed++);
  await context.route('**/*', (route) => (away ? route.abort() : route.continue()));
  const { id } = await demo.clickCard(3);
  await until('more than one way was tried', () => failed > 1);
  away = false;
  await arrived([id]);
  await demo.settled();
  assert.deepEqual(await house.watched(visitor), [id]);
});

test('events recorded while the server is down survive the end of the tab', async () => {
  await demo.settled();
  await house.server.stop();
  const { id } = await demo.clickCard(3);
  await until('a try has failed', async () => (await demo.stat('retries')) > 0 || null);
  await demo.page.close();
  await house.server.start();
  demo = await Demo.open(context, house.url);
  await arrived([id], { within: 60_000 });
  await demo.clickCard(0);
  await demo.settled();
  assert.equal((await house.watched(visitor)).filter((item) => item === id).length, 1);
});

test('a page that comes up while its server is away says so, and goes on by itself once it is back', async () => {
  const page = await house.browser.newPage();
  let away = true;
  await page.route('**/device/**', (route) => (away ? route.abort() : route.continue()));
  await page.goto(house.url);
  await page.waitForSelector('#trouble:not([hidden])');
  assert.match(await page.textContent('#trouble'), /does not answer.*npm start/s);
  away = false;
  await page.waitForSelector('#for-you .card');
  await page.close();
});
