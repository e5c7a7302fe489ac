// Whatever a page's policy forbids and however old the browser is: what was recorded arrives. Where WebAssembly cannot be
// had, the queue runs as JavaScript made of the same Rust, which no other page downloads.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { visitors } from './fixture.mjs';
import { entry, openShop } from './shop.mjs';
import { until } from './until.mjs';

const ITEMS = ['1', '260', '588'];
const MODULE = 'import';
const JAVASCRIPT = 'queue-js';

const here = visitors();

/** A page that records as soon as it can, in a script of its own that the policy knows. `files`: what it has loaded. */
async function visit({ policy, path = entry(), items = ITEMS, prepare = async () => {} } = {}) {
  const files = [];
  const options = { trackingId: here.house.trackingId, campaign: here.house.campaign, userId: here.userId };
  const script = `<script type="module" nonce="known">
    import * as shop from '${path}';
    globalThis.shop = shop;
    shop.init(${JSON.stringify(options)});
    ${JSON.stringify(items)}.forEach((itemId) => shop.track('watch', { itemId }));
  </script>`;
  const page = await openShop(here.house, {
    context: here.context,
    script,
    headers: policy ? { 'content-security-policy': policy } : {},
    async prepare(page) {
      page.on('request', (request) => files.push(request.url()));
      await prepare(page);
    },
  });
  return Object.assign(page, { files });
}

async function arrive(items = ITEMS) {
  await until('the events arrive', async () => (await here.house.watched(here.userId)).length >= items.length);
  assert.deepEqual(await here.house.watched(here.userId), items);
}

const queueOf = ({ files }) => (files.some((file) => file.includes(JAVASCRIPT)) ? JAVASCRIPT : MODULE);
const OWN = "script-src 'self' 'nonce-known'";

for (const [what, policy, queue] of [
  ['without a policy', undefined, MODULE],
  ['with its own scripts', OWN, JAVASCRIPT],
  ['with scripts that a nonce names', "script-src 'nonce-known' 'strict-dynamic'", JAVASCRIPT],
  ['with WebAssembly allowed', `${OWN} 'wasm-unsafe-eval'`, MODULE],
  ['with eval allowed', `${OWN} 'unsafe-eval'`, MODULE],
  ['with nothing from elsewhere', `default-src 'self'; ${OWN}`, JAVASCRIPT],
  [
    'that must not be framed, styled or worked for',
    `${OWN}; style-src 'none'; worker-src 'none'; sandbox allow-scripts allow-same-origin`,
    JAVASCRIPT,
  ],
]) {
  test(`a page ${what} records and delivers`, async () => {
    const page = await visit({ policy });
    await arrive();
    assert.equal(queueOf(page), queue);
  });
}

test('what a page may not send is sent by one that may', async () => {
  const page = await visit({ policy: `${OWN} 'wasm-unsafe-eval'; connect-src 'none'` });
  await until('it has been tried', () => page.evaluate(() => shop.stats().retries > 0));
  await page.close();
  await visit({ items: [] });
  await arrive();
});

const EXTERNAL = '/package/dist/external/index.js';

test('modules as files are used where they are there', async () => {
  const page = await visit({ path: EXTERNAL });
  await arrive();
  assert.equal(queueOf(page), MODULE);
});

for (const [what, answer] of [
  ['missing', { status: 404, body: '' }],
  ['damaged', { contentType: 'application/wasm', body: 'no module' }],
]) {
  test(`a module that is ${what} has the JavaScript take its place`, async () => {
    const prepare = (page) => page.route('**/tracker.wasm', (route) => route.fulfill(answer));
    const page = await visit({ path: EXTERNAL, prepare });
    await arrive();
    assert.equal(queueOf(page), JAVASCRIPT);
  });
}

/** What browsers of some years ago do not have. */
const YOUNG = ['WebAssembly', 'CompressionStream', 'fetchLater', 'navigation', 'BroadcastChannel', 'CSSStyleSheet'];

test('a browser that has nothing new records and delivers', async () => {
  const forget = (names) => {
    for (const name of names) delete globalThis[name];
    delete Navigator.prototype.locks;
    delete Crypto.prototype.randomUUID;
    delete IDBTransaction.prototype.commit;
    delete Request.prototype.keepalive;
  };
  const page = await visit({ prepare: (page) => page.addInitScript(forget, YOUNG) });
  await arrive();
  assert.equal(queueOf(page), JAVASCRIPT);
  await page.evaluate(() => shop.track('watch', { itemId: '1198' }));
  await page.close();
  await arrive([...ITEMS, '1198']);
});

test('files that cannot be had for a while are asked for again while the page stays', async () => {
  let missing = 1;
  const prepare = (page) =>
    page.route('**/background-*.js', (route) => {
      return missing-- > 0 ? route.fulfill({ status: 404, body: '' }) : route.fallback();
    });
  await visit({ prepare });
  await arrive();
});
