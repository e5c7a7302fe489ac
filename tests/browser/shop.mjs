// A page of somebody else's that uses the package as it is published: no bundler, no framework, no demo.
import { readFileSync } from 'node:fs';

import { root } from './server.mjs';

const HTML = '<!doctype html><title>A shop</title><a href="#" data-bb-item="1" data-bb-event="click">One</a>';

/**
 * An empty page of the shop, which can import the package from /package/. `headers` come with the page, and `script` is
 * in it; `prepare` gets it before anything is loaded.
 */
export async function openShop(house, { context = house.browser, headers = {}, script = '', prepare } = {}) {
  const page = await context.newPage();
  const body = HTML + script;
  await page.route('**/shop', (route) => route.fulfill({ contentType: 'text/html', body, headers }));
  await page.route('**/package/**', (route) => {
    const path = new URL(route.request().url()).pathname.replace('/package/', '');
    const contentType = path.endsWith('.wasm') ? 'application/wasm' : 'text/javascript';
    return route.fulfill({ contentType, body: readFileSync(`${root}sdk-wasm/${path}`) });
  });
  await prepare?.(page);
  await page.goto(`${house.server.url}/shop`);
  return page;
}

/** Path of the entry that a browser gets. */
export function entry() {
  const { exports } = JSON.parse(readFileSync(`${root}sdk-wasm/package.json`, 'utf8'));
  const pick = (target) =>
    typeof target === 'string' ? target : pick(target.browser ?? target.import ?? target.default);
  return `/package/${pick(exports['.']).replace('./', '')}`;
}
