// The pictures in the README are what the page really looks like: these tests take them.
// Times and names differ from run to run, so pictures that are there are only replaced with BOWERBIRD_PICTURES=1.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { Demo } from './browser.mjs';
import { start } from './fixture.mjs';
import { root } from './server.mjs';
import { until } from './until.mjs';

let house;
before(async () => (house = await start()));
after(() => house?.close());

/** Films that many people know, so that the reasons in the picture speak for themselves. */
const TASTE = ['Alien 1979', 'Blade Runner 1982', 'Spirited Away 2001'];

async function watchSome(demo) {
  for (const title of TASTE) {
    await demo.page.fill('#query', title);
    await demo.clickCard(0, 'search-results');
  }
  await demo.page.fill('#query', '');
  await demo.settled();
}

/** The films in view have been in view for long enough, and the server knows. */
function impressionsCounted(page) {
  const all = () =>
    page.evaluate(() => document.querySelector('.dot:not(.click)') && !document.querySelector('.waiting'));
  return until('impressions are acknowledged', all);
}

/** Where the picture goes: into docs/ when it is wanted or missing there, else out of the way. */
function placeOf(name) {
  const published = `${root}docs/${name}`;
  const wanted = process.env.BOWERBIRD_PICTURES === '1' || !existsSync(published);
  return wanted ? published : `${root}tests/browser/out/${name}`;
}

/** Motion has ended, focus is nowhere, the top of the page is in view. */
async function still(page) {
  await page.evaluate(() => (document.activeElement?.blur(), scrollTo(0, 0)));
  await until('nothing moves', () => page.evaluate(() => document.getAnimations().length === 0 || null));
}

test('a picture of the page after some clicks', async () => {
  const context = await house.browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  const demo = await Demo.open(context, house.url);
  await watchSome(demo);
  await demo.page.click('#beside');
  await demo.page.waitForSelector('#comparison-rows tr');
  await impressionsCounted(demo.page);
  await still(demo.page);
  const picture = await demo.page.screenshot({ path: placeOf('demo.png') });
  assert.ok(picture.length > 50_000);
  await context.close();
});

test('a picture of the page on a phone', async () => {
  const context = await house.browser.newContext({
    viewport: { width: 360, height: 740 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
    reducedMotion: 'reduce',
  });
  const demo = await Demo.open(context, house.url);
  await watchSome(demo);
  await still(demo.page);
  const picture = await demo.page.screenshot({ path: placeOf('demo-phone.png') });
  assert.ok(picture.length > 30_000);
  await context.close();
});
