/** The 10,000 cases of `ranker/tests/parity.rs`, made in the same way: the page gives the lists of the native build. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { inner } from './inner.mjs';

const FORMAT = new URL('../../tests/format/', import.meta.url);
const expected = JSON.parse(readFileSync(new URL('parity-v1.json', FORMAT), 'utf8'));
const { openWithDials: openDevice } = await inner('test/_devices.ts');
const REASONS = ['because', 'taste', 'popular', 'exploration', 'promoted'];
const CASES = 100;
/** Every fourth film, from the fourth on. */
const NOIR = {
  rules: [
    {
      effect: 'include',
      dataset: 'Items',
      anyOf: [[{ column: 'GENRES', test: 'in', values: [{ text: 'Noir', number: null }] }]],
      onlyIf: [],
    },
  ],
};

/** mulberry32 */
let state = 1;
function below(n) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t ^= (t + Math.imul(t ^ (t >>> 7), 61 | t)) | 0;
  return ((t ^ (t >>> 14)) >>> 0) % n;
}

const eighth = (odds) => (below(odds) === 0 ? below(8) / 8 : 0);
const scores = new DataView(new ArrayBuffer(4));
function bits(score) {
  scores.setFloat32(0, score);
  return scores.getUint32(0);
}

test('10,000 random cases give the lists of the native build, to the bit', async () => {
  const open = (name) => openDevice(new Uint8Array(readFileSync(new URL(name, FORMAT))));
  // Short histories, and with a memory for what lies before the window long ones.
  const devices = [
    [await open('pack-v1.bbp'), 12],
    [await open('pack-v1.3.bbp'), 120],
  ];
  const ids = devices[0][0]
    .items()
    .map(({ itemId }) => itemId)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const positions = new Map(ids.map((id, position) => [id, position]));

  function oneCase(hash, [device, longest]) {
    device.clear();
    for (let left = below(longest); left > 0; left--) {
      const itemId = ids[below(ids.length)];
      device.observe({ itemId, eventType: '' }, below(9) / 4);
    }
    const options = {
      debias: eighth(2),
      freshness: eighth(3),
      diversity: eighth(2),
      calibration: eighth(3),
      explorationWeight: eighth(3),
      promotion: { filter: NOIR, percentPromotedItems: below(3) * 25 },
      cap: below(4),
      diversify: below(2) === 0 ? 'mmr' : 'dpp',
      by: below(3) > 0 ? 'GENRES' : undefined,
      seed: below(1000),
      created: 'YEAR',
      now: 86_400_000,
      k: below(40) + 1,
    };
    if (below(2) === 0) options.seen = 'exclude';
    for (const { itemId, score, reason } of device.rank(null, options)) {
      const because = reason.kind === 'because' ? positions.get(reason.itemId) : 0;
      for (const word of [positions.get(itemId), bits(score), REASONS.indexOf(reason.kind), because])
        hash = Math.imul(hash ^ word, 0x01000193);
    }
    return hash;
  }

  for (const [group, hash] of expected.entries()) {
    let found = 0x811c9dc5;
    for (let left = CASES; left > 0; left--) found = oneCase(found, devices[group % 2]);
    assert.equal(found >>> 0, hash, `cases ${group * CASES} to ${group * CASES + CASES - 1}`);
  }
});
