// The page without a mouse, and on a narrow screen.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Demo } from './browser.mjs';
import { start } from './fixture.mjs';
import { until } from './until.mjs';

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

let house;
before(async () => (house = await start()));
after(() => house?.close());

async function opened(options) {
  const context = await house.browser.newContext(options);
  return Demo.open(context, house.url);
}

const width = (page) => page.evaluate(() => document.documentElement.scrollWidth);

test('a phone never scrolls sideways, whatever is open', async () => {
  const { page } = await opened(PHONE);
  assert.equal(await page.getAttribute('#panel-toggle', 'aria-expanded'), 'false');
  assert.ok((await width(page)) <= 360);
  await page.tap('#for-you li:nth-child(2) .card');
  await page.tap('#panel-toggle');
  await page.tap('#beside');
  await page.waitForSelector('#comparison-rows tr');
  assert.ok((await width(page)) <= 360);
  await page.context().close();
});

test('on a phone everything that can be tapped is large enough for a thumb', async () => {
  const { page } = await opened(PHONE);
  await page.tap('#panel-toggle');
  const small = await page.$$eval('button:not([disabled]), input', (all) =>
    all
      .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 24)
      .map((one) => one.id || one.className),
  );
  assert.deepEqual(small, []);
  await page.context().close();
});

test('the keyboard reaches a film, walks along the row, watches, and keeps its place', async () => {
  const demo = await opened();
  const { page } = demo;
  const focused = () => page.evaluate(() => document.activeElement?.closest('li[data-film]')?.dataset.film ?? null);
  await until('Tab reaches a film', async () => (await page.keyboard.press('Tab'), focused()));
  const order = await demo.order();
  assert.equal(await focused(), order[0]);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  assert.equal(await focused(), order[2]);
  await page.keyboard.press('Enter');
  assert.equal(await focused(), (await demo.order())[2]);
  assert.match(
    await page.textContent('#announcer'),
    /^Watched .*For you now begins with .*(because you watched|fits your taste).*Ranked on this device/,
  );
  await page.keyboard.press('Tab');
  assert.equal(
    await page.evaluate(
      () => document.activeElement.closest('#for-you') !== null && document.activeElement.matches('.card'),
    ),
    false,
  );
  await page.context().close();
});

test('every card says to a screen reader what it is and why it is there', async () => {
  const { page } = await opened();
  const labels = await page.$$eval('.card', (cards) => cards.map((card) => card.getAttribute('aria-label')));
  assert.ok(labels.length > 100);
  assert.deepEqual(
    labels.filter((label) => !/^Watch .+: (popular|fits your taste|because you watched .+)$/.test(label ?? '')),
    [],
  );
  await page.context().close();
});

test('visitors who want less motion get none', async () => {
  const demo = await opened({ reducedMotion: 'reduce' });
  await demo.clickCard(1);
  assert.equal(await demo.page.evaluate(() => document.getAnimations().length), 0);
  await demo.page.context().close();
});
