import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { inner } from './inner.mjs';

const { watch } = await inner('js/autotrack.ts');

let page;
let see;
let tracked;
let stop;

/** As much of an element as is looked at. */
const element = (bbItem) => ({ dataset: { bbItem }, closest: () => list });
const list = { dataset: { bbRecommendation: 'list' } };

beforeEach(() => {
  page = Object.assign(new EventTarget(), { querySelectorAll: () => [] });
  tracked = [];
  globalThis.IntersectionObserver = class {
    constructor(listener) {
      see = (...targets) => listener(targets.map((target) => ({ target, intersectionRatio: 1 })));
    }
    disconnect() {}
  };
  globalThis.MutationObserver = class {
    observe() {}
    disconnect() {}
  };
  stop = watch(page, {}, (eventType, event) => tracked.push([eventType, event]));
});

afterEach(() => stop());

const impression = (...items) => ['impression', { impression: items, recommendationId: 'list' }];

test('what comes into view within a quarter of a second is one event', ({ mock }) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  see(element('a'), element('b'));
  mock.timers.tick(200);
  see(element('c'));
  mock.timers.tick(800);
  mock.timers.tick(249);
  assert.deepEqual(tracked, []);
  mock.timers.tick(1);
  assert.deepEqual(tracked, [impression('a', 'b', 'c')]);
});

test('what was seen is not lost when the page is left', ({ mock }) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  see(element('a'));
  mock.timers.tick(1000);
  page.dispatchEvent(new Event('visibilitychange'));
  mock.timers.tick(1000);
  assert.deepEqual(tracked, [impression('a')]);
});

test('more than one event may carry are two', ({ mock }) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  see(...Array.from({ length: 30 }, (_, item) => element(String(item))));
  mock.timers.tick(1000);
  mock.timers.tick(250);
  assert.deepEqual(
    tracked.map(([, { impression }]) => impression.length),
    [25, 5],
  );
});
