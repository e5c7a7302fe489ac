import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { inner } from './inner.mjs';

const { visitor } = await inner('js/identity.ts');
const MINUTE = 60_000;

/** What all tabs of a browser share. */
let kept;
beforeEach((context) => {
  kept = new Map();
  globalThis.localStorage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text) };
  context.mock.timers.enable({ apis: ['Date'], now: 1e12 });
});

test('a visit ends after half an hour without anything', ({ mock }) => {
  const tab = visitor('shop');
  const { sessionId } = tab.current();
  mock.timers.tick(29 * MINUTE);
  assert.equal(tab.current().sessionId, sessionId);
  mock.timers.tick(29 * MINUTE);
  assert.equal(tab.current().sessionId, sessionId, 'what happens in between prolongs it');
  mock.timers.tick(31 * MINUTE);
  assert.notEqual(tab.current().sessionId, sessionId);
});

test('tabs share a visit, and one that was idle goes on with that of the others', ({ mock }) => {
  const [one, two] = [visitor('shop'), visitor('shop')];
  const { sessionId } = one.current();
  assert.equal(two.current().sessionId, sessionId);
  for (let minute = 0; minute < 40; minute++) {
    mock.timers.tick(MINUTE + 1);
    two.current();
  }
  assert.equal(one.current().sessionId, sessionId);
});

test('who signs in keeps the visit, and is known to the next page', () => {
  const tab = visitor('shop');
  const { sessionId } = tab.current();
  assert.equal(tab.identify('ada'), false, 'nobody else has come');
  assert.deepEqual([tab.current().sessionId, tab.current().userId], [sessionId, 'ada']);
  assert.equal(visitor('shop').current().userId, 'ada');
});

test('who signs out, or somebody else, starts another visit', () => {
  const tab = visitor('shop');
  tab.identify('ada');
  const { sessionId } = tab.current();
  assert.equal(tab.identify(null), true);
  assert.notEqual(tab.current().sessionId, sessionId);
  assert.equal(tab.current().userId, null);
});

test('a browser that keeps nothing has visits as long as pages', () => {
  globalThis.localStorage = undefined;
  const tab = visitor('shop');
  assert.equal(tab.current().sessionId, tab.current().sessionId);
  assert.notEqual(visitor('shop').current().sessionId, tab.current().sessionId);
});
