// Filters in the page keep what the server keeps, for every expression of the service's documentation: the cases are
// made by the server's evaluator (`server/src/device/filters.rs`).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { inner } from './inner.mjs';

const format = (name) => readFileSync(new URL(`../../tests/format/${name}`, import.meta.url));
const cases = JSON.parse(format('filters-v1.json'));
const pack = new Uint8Array(format('filters-v1.bbp'));
const { openWithDials } = await inner('test/_devices.ts');

for (const expression of new Set(cases.map((one) => one.expression)))
  test(expression, async () => {
    for (const { compiled, visit, kept } of cases.filter((one) => one.expression === expression)) {
      const device = await openWithDials(pack);
      for (const [itemId, eventType] of visit.events) device.observe({ itemId, eventType }, 1);
      const { filterValues, user } = visit;
      const shown = () => device.rank(null, { filter: compiled, filterValues, user });
      // A ranking has no current item, and a page refuses what asks for one.
      if (kept === null || expression.includes('CurrentItem')) assert.throws(shown);
      else assert.equal(shown().map(({ itemId }) => itemId).sort().join(''), kept, JSON.stringify(visit)); // prettier-ignore
    }
  });
