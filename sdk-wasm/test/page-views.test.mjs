import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { inner } from './inner.mjs';

const { watchPageViews } = await inner('js/page-views.ts');
const page = { title: 'A shop', referrer: 'https://search.example/?q=secret' };
let tracked;
let stop = () => {};

/** A browser's address bar, as far as it is looked at. */
function go(address) {
  const { pathname, search, hash } = new URL(address, 'https://shop.example');
  Object.assign(globalThis.location, { pathname, search, hash });
}

beforeEach(() => {
  tracked = [];
  globalThis.location = {};
  globalThis.history = { pushState: (_state, _title, address) => go(address), replaceState: () => {} };
  const events = new EventTarget();
  for (const name of ['addEventListener', 'removeEventListener', 'dispatchEvent'])
    globalThis[name] = events[name].bind(events);
  go('/films?token=secret');
});

afterEach(() => {
  stop();
  delete globalThis.navigation;
});

const watch = () => (stop = watchPageViews(page, (eventType, { properties }) => tracked.push([eventType, properties])));
const paths = () => tracked.map(([, { path }]) => path);

test('the first view says where the visitor came from, and nothing of what is private', () => {
  watch();
  const seen = { path: '/films', title: 'A shop', referrer: 'https://search.example' };
  assert.deepEqual(tracked, [['page_view', seen]]);
});

test('an address counts once each time that it becomes another one', () => {
  watch();
  history.pushState(null, '', '/films/1');
  history.replaceState(null, '');
  history.pushState(null, '', '/films/1#cast');
  history.pushState(null, '', '/films?page=2');
  go('/films/1');
  dispatchEvent(new Event('popstate'));
  assert.deepEqual(paths(), ['/films', '/films/1', '/films', '/films/1']);
});

test('an application with its routes after the # has addresses too, and their queries stay here as well', () => {
  watch();
  history.pushState(null, '', '/#/films/1?q=secret');
  assert.deepEqual(paths(), ['/films', '/#/films/1']);
});

test('the functions of the page are as they were when nobody watches any more', () => {
  const before = history.pushState;
  watch();
  stop();
  assert.equal(history.pushState, before);
  history.pushState(null, '', '/films/2');
  assert.deepEqual(paths(), ['/films']);
});

test('a browser that tells of changes needs no functions replaced', () => {
  globalThis.navigation = new EventTarget();
  const before = history.pushState;
  watch();
  assert.equal(history.pushState, before);
  go('/films/3');
  navigation.dispatchEvent(new Event('currententrychange'));
  assert.deepEqual(paths(), ['/films', '/films/3']);
});
