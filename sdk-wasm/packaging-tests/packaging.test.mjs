import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { until } from '../../tests/browser/until.mjs';
import { buildNext, esbuild, next, vite, webpack } from './build.mjs';
import { House } from './house.mjs';
import { install, out } from './install.mjs';

let house;
before(async () => {
  install();
  house = await House.open();
});
after(() => house?.close());

async function node(...args) {
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: out });
  return stdout.trim();
}

/** Opens a page of the site and waits for its title, and for the events that it records. */
async function visits(project, path, expected, count) {
  const page = await house.visit(project, `${house.site.address}/${path}`);
  await until(`${path} says ${expected}: ${page.complaints.join()}`, async () => (await page.title()) === expected);
  const events = await house.arrived(project, count);
  assert.deepEqual(page.complaints, []);
  await page.close();
  return events;
}

/** A page that records one click and arranges a list on the device. */
async function records(project, path) {
  const [event] = await visits(project, path, 'device', 1);
  assert.deepEqual([event.eventType, event.itemId], ['click', '1']);
}

test('publint finds nothing to complain of', async () => {
  const { publint } = await import('publint');
  const { messages } = await publint({ pkgDir: join(out, 'node_modules/bowerbird'), pack: false, strict: true });
  assert.deepEqual(messages, []);
});

test('Node by import: every entry is there and nothing happens', async () => {
  assert.equal(await node('node/import.mjs'), 'string given-order function true');
});

test('Node by require', async () => assert.equal(await node('node/require.cjs'), 'string given-order'));

test('Node: the ranker alone ranks', async () => {
  assert.equal(await node('node/rank.mjs', house.collector.address), 'device');
});

for (const name of ['index', 'external', 'slim']) {
  test(`plain HTML: ${name}`, () => records(`plain-${name}`, `plain/${name}.html`));
}

test('plain HTML: the ranker alone', () => visits('plain-rank', 'plain/rank.html', 'device', 0));

test('nothing is kept or sent before consent, and nothing is kept after a withdrawal in another tab', async () => {
  const page = await house.visit('privacy', `${house.site.address}/plain/privacy.html`);
  await page.waitForFunction(() => document.title === 'open');
  await page.evaluate(() => track('click', { itemId: 'before' }));
  await page.evaluate(() => flush());
  assert.deepEqual(await page.evaluate(() => kept()), []);
  assert.deepEqual(await house.arrived('privacy', 0), []);

  await page.evaluate(() => window.guard.setConsent('granted'));
  await page.evaluate(() => flush());
  const [event] = await house.arrived('privacy', 1);
  assert.equal(event.itemId, 'before');
  assert.deepEqual(await page.evaluate(() => kept()), ['bowerbird:privacy', 'bowerbird:privacy']);

  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.waitForFunction(() => document.title === 'open');
  await other.evaluate(() => window.guard.setConsent('denied'));
  assert.equal(
    await until('the first tab knows', () => page.evaluate(() => window.guard.consent() === 'denied')),
    true,
  );
  await until('nothing is kept', async () => (await page.evaluate(() => kept())).length === 0);
  await page.evaluate(() => track('click', { itemId: 'after' }));
  await page.evaluate(() => flush());
  assert.equal((await house.arrived('privacy', 1)).length, 1);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('addresses without loading are page views, and the overlay shows their fate until Escape', async () => {
  const page = await house.visit('watched', `${house.site.address}/plain/watched.html`);
  await page.waitForSelector('bowerbird-debug >> li:has-text("page_view")');
  await page.evaluate(() => history.pushState(null, '', '/films'));
  const paths = (await house.arrived('watched', 3)).map(({ properties }) => properties?.path);
  assert.deepEqual(paths, [undefined, '/plain/watched.html', '/films']);
  await page.waitForSelector('bowerbird-debug >> li:has-text("click sku-1"):has-text("accepted")');
  assert.match(await page.textContent('bowerbird-debug >> section'), /3 recorded: 3 accepted/);
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('bowerbird-debug').count(), 0);
  assert.deepEqual(page.complaints, []);
});

test('a copy that the browser keeps arrives when the page has crashed', async (t) => {
  const page = await house.visit('held', `${house.site.address}/plain/held.html`);
  if (!(await page.evaluate(() => 'fetchLater' in globalThis))) return t.skip('this browser has no fetchLater');
  await page.waitForFunction(() => document.title === 'the browser has a copy');
  const crashed = page.waitForEvent('crash');
  // It has nobody left to answer it.
  (await page.context().newCDPSession(page)).send('Page.crash').catch(() => {});
  await crashed;
  const [event] = await house.arrived('held', 1);
  assert.equal(event.itemId, '1');
});

test('the snippet as a file', () => records('snippet-file', 'snippet/index.html'));

test('the snippet as text, under a policy that knows its hash, makes the calls in order', async () => {
  await node('snippet/_write.mjs');
  const events = await visits('snippet-text', 'snippet/text.html', 'accepted 3', 3);
  assert.deepEqual(
    events.map(({ itemId }) => itemId),
    ['1', '2', '3'],
  );
});

test('Vite', async () => {
  await vite('vite', ['main', 'external', 'slim']);
  for (const name of ['main', 'external', 'slim']) await records(`vite-${name}`, `vite/out/${name}.html`);
});

test('webpack', async () => {
  await webpack('webpack', ['main', 'external', 'rank']);
  for (const name of ['main', 'external']) await records(`webpack-${name}`, `webpack/out/${name}.html`);
  await visits('webpack-rank', 'webpack/out/rank.html', 'device', 0);
});

test('esbuild', async () => {
  await esbuild('esbuild', ['main.js', 'slim.js', 'react.jsx']);
  for (const name of ['main', 'slim']) await records(`esbuild-${name}`, `esbuild/out/${name}.html`);
});

test('a module worker', async () => {
  await records('worker-plain', 'worker/index.html');
  await vite('worker', ['main']);
  await records('worker-bundled', 'worker/out/main.html');
});

/** The shop's shelf: arranged on the device, an impression after a second, a click. */
async function shops(project, address) {
  const page = await house.visit(project, address);
  await page.waitForSelector('main[data-where=device]');
  await page.click('button');
  const types = async () => (await house.arrived(project, 2)).map(({ eventType }) => eventType);
  assert.deepEqual((await types()).sort(), ['click', 'impression']);
  assert.deepEqual(page.complaints, []);
  await page.close();
}

test('React, in strict mode', () => shops('react', `${house.site.address}/esbuild/out/react.html`));

test('Next: rendered on the server, taken over by the page', async () => {
  await buildNext('next');
  const server = spawn(...next('next', 'start', '--port', '0'));
  try {
    const address = await said(server, /http:\/\/localhost:\d+/);
    const html = await (await fetch(`${address}?project=next&collector=http://nowhere`)).text();
    assert.match(html, /data-where="given-order"/);
    await shops('next', address);
  } finally {
    server.kill();
  }
});

/** What a program prints that looks like this. */
function said(program, pattern) {
  return new Promise((resolve, reject) => {
    let all = '';
    program.stdout.on('data', (more) => {
      const [found] = (all += more).match(pattern) ?? [];
      if (found) resolve(found);
    });
    program.on('exit', () => reject(new Error(all)));
  });
}
