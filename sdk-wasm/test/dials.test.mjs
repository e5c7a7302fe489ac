import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { inner } from './inner.mjs';

const pack = new Uint8Array(readFileSync(new URL('../../tests/format/pack-v1.bbp', import.meta.url)));
const { openWithDials: openDevice } = await inner('test/_devices.ts');

/** Film n has the first n % 4 of Drama, Comedy, Noir, Western, and the year 1950 + n. */
const genre = (effect, ...values) => ({
  effect,
  dataset: 'Items',
  anyOf: [[{ column: 'GENRES', test: 'in', values }]],
  onlyIf: [],
});
const noir = { rules: [genre('include', { text: 'Noir', number: null })] };
const number = (id) => Number(id.slice(-2));

async function opened(...seen) {
  const device = await openDevice(pack);
  for (const [itemId, eventType] of seen) device.observe({ itemId, eventType }, 1);
  return device;
}

const ids = (list) => list.map(({ itemId }) => itemId);

test('a filter shows what passes, of the catalogue and of a list', async () => {
  const device = await opened();
  const all = ids(device.rank(null, { filter: noir, k: 40 }));
  assert.deepEqual(
    all.map(number).sort((a, b) => a - b),
    Array.from({ length: 10 }, (_, at) => 4 * at + 3),
  );
  assert.deepEqual(ids(device.rank(['film-001', 'film-003', 'nobody'], { filter: noir })), ['film-003']);
});

test('a context counts as long as it is given, and what the pack does not know of it does not', async () => {
  const device = await openDevice(
    new Uint8Array(readFileSync(new URL('../../tests/format/pack-v1.2.bbp', import.meta.url))),
  );
  const plain = device.rank(null, {});
  const phone = device.rank(null, { context: { DEVICE: 'phone' } });
  assert.notDeepEqual(phone, plain);
  assert.deepEqual(device.rank(null, { context: { device: 'phone', CITY: 'Bonn' } }), phone);
  assert.notDeepEqual(device.rank(null, { context: { DEVICE: 'desk' } }), phone);
  assert.deepEqual(device.rank(null, { context: {} }), plain);
  device.observe({ itemId: 'film-004', eventType: 'watch' }, 1);
  const after = device.rank(null, { context: { DEVICE: 'phone' } });
  assert.notDeepEqual(after, phone);
  assert.deepEqual(device.rank(null, { context: { DEVICE: 'phone' }, k: 25 }), after);
});

test('parameters take values, an EXCLUDE without them does nothing, an INCLUDE without them says so', async () => {
  const device = await opened();
  const by = (effect) => ({ rules: [genre(effect, { parameter: 'GENRE' })] });
  const shown = device.rank(null, { filter: by('exclude'), filterValues: { GENRE: ['Noir', 'Comedy'] }, k: 40 });
  assert.ok(ids(shown).every((id) => number(id) % 4 < 2) && shown.length === 20);
  assert.equal(device.rank(null, { filter: by('exclude'), k: 40 }).length, 40);
  assert.throws(() => device.rank(null, { filter: by('include') }), /\$GENRE: add it to filterValues/);
});

test('numbers compare, and nothing is not different from anything', async () => {
  const device = await opened();
  const year = (how, value) => ({
    rules: [
      {
        effect: 'include',
        dataset: 'Items',
        anyOf: [[{ column: 'YEAR', test: how, values: [{ text: String(value), number: value }] }]],
        onlyIf: [],
      },
    ],
  });
  const count = (how) => device.rank(null, { filter: year(how, 1960), k: 40 }).length;
  assert.deepEqual(['<', '<=', '=', '>=', '>', '!='].map(count), [10, 11, 1, 29, 28, 38]);
});

test('what was seen can be left out by the type of the event, in a filter and without one', async () => {
  const device = await opened(['film-004', 'watch'], ['film-005', 'Like']);
  const rule = { dataset: 'Interactions', onlyIf: [], effect: 'exclude' };
  const liked = { rules: [{ ...rule, anyOf: [[{ column: 'EVENT_TYPE', test: 'in', values: [{ text: 'like' }] }]] }] };
  const without = (list) => ['film-004', 'film-005'].filter((id) => !ids(list).includes(id));
  assert.deepEqual(without(device.rank(null, { filter: liked, k: 40 })), ['film-005']);
  device.observe({ itemId: 'film-004', eventType: 'LIKE' }, 1);
  assert.deepEqual(without(device.rank(null, { filter: liked, k: 40 })), ['film-004', 'film-005']);
  assert.deepEqual(without(device.rank(null, { seen: ['watch'], k: 40 })), ['film-004']);
  assert.deepEqual(without(device.rank(null, { seen: 'exclude', k: 40 })), ['film-004', 'film-005']);
});

test('a rule for some visitors does nothing for others', async () => {
  const device = await opened();
  const check = { column: 'AGE', test: '<', values: [{ text: '18', number: 18 }] };
  const filter = { rules: [{ ...genre('exclude', { text: 'Noir', number: null }), onlyIf: [check] }] };
  const count = (user) => device.rank(null, { filter, user, k: 40 }).length;
  assert.deepEqual([{}, { age: 20 }, { age: 12 }, { AGE: '12' }].map(count), [40, 40, 30, 30]);
});

test('dials turn, and turn back', async () => {
  const device = await opened(['film-004', 'watch']);
  const plain = device.rank(null, { k: 10 });
  const turned = device.rank(null, { k: 10, debias: 1, diversity: 0.5, by: 'GENRES' });
  assert.notDeepEqual(ids(turned), ids(plain));
  assert.deepEqual(device.rank(null, { k: 10 }), plain);
  const capped = ids(device.rank(null, { k: 9, cap: 1, by: 'GENRES' })).filter((id) => number(id) % 4 > 0);
  assert.equal(capped.length, 1, 'every film with a genre is a drama');
});

test('single items can be lifted, and promoted ones have their share', async () => {
  const device = await opened();
  assert.equal(device.rank(null, { boosts: { 'film-017': 9 } })[0].itemId, 'film-017');
  const shown = device.rank(null, { k: 10, promotion: { filter: noir, percentPromotedItems: 30 } });
  const promoted = shown.filter(({ reason }) => reason.kind === 'promoted');
  assert.ok(promoted.length === 3 && promoted.every(({ itemId }) => number(itemId) % 4 === 3));
});

test('categories can be lifted and lowered, and what is not there changes nothing', async () => {
  const device = await opened();
  const genres = (options) => ids(device.rank(null, { k: 10, ...options })).map((id) => number(id) % 4);
  const plain = genres({});
  assert.deepEqual(new Set(genres({ boostsBy: { GENRES: { Noir: 9 } } })), new Set([3]));
  assert.ok(genres({ boostsBy: { GENRES: { Noir: 9, Comedy: -20 } } }).every((genre) => genre < 2));
  assert.deepEqual(genres({ boostsBy: { GENRES: { Opera: 9 }, NOBODY: { Noir: 9 }, YEAR: { Noir: 9 } } }), plain);
  assert.deepEqual(genres({}), plain);
});

test('new items are explored', async () => {
  const device = await opened();
  const options = { k: 9, explorationWeight: 1, created: 'YEAR', explorationItemAgeCutOff: 1, now: 2_000_000 };
  const explored = device.rank(null, options).filter(({ reason }) => reason.kind === 'exploration');
  assert.equal(explored.length, 3, 'a third of the places; the years are seconds of the first hour');
});

test('a list can be measured', async () => {
  const device = await opened(['film-004', 'watch']);
  const list = device.rank(null, { k: 10, by: 'GENRES' });
  const { novelty, diversity, serendipity, coverage } = device.measure(list, { by: 'GENRES' });
  for (const measure of [novelty, diversity, serendipity, coverage]) assert.ok(measure > 0 && measure <= 1);
});
