import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { inner } from './inner.mjs';

const { applyDelta } = await inner('js/delta.ts');
const { openPlain } = await inner('test/_devices.ts');
const format = (name) => new Uint8Array(readFileSync(new URL(`../../tests/format/${name}`, import.meta.url)));
const old = format('pack-v1.bbp');
const delta = format('delta-v1.bbd');
const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');

test('the golden delta gives the pack that the ranker opens, with what came', async () => {
  const device = await openPlain(applyDelta(old, delta));
  assert.equal(device.size(), (await openPlain(old)).size() + 3);
  assert.ok(device.item('film-017-b') && device.item('neu') && device.item('straße-99'));
});

test('a pack can be asked for its bytes, so that the next delta has something to start from', async () => {
  const device = await openPlain(old);
  device.rank(null, { k: 5 });
  assert.equal(hash(device.bytes()), hash(old));
});

test('a delta for another pack is refused', () => {
  assert.throws(() => applyDelta(old.subarray(1), delta), /damaged/);
  const another = Uint8Array.from(old);
  another[another.length - 1] ^= 1;
  another[800] ^= 1;
  assert.throws(() => applyDelta(another, delta), /damaged/);
  assert.throws(() => applyDelta(old, old), /damaged/);
  assert.throws(() => applyDelta(old, new Uint8Array(0)), /damaged/);
});

test('every truncation is refused', () => {
  for (let length = 0; length < delta.length; length++)
    assert.throws(() => applyDelta(old, delta.subarray(0, length)), /damaged/, `${length} bytes`);
});

test('hostile bytes are refused or change nothing, and never take long or much', () => {
  const expected = hash(applyDelta(old, delta));
  // MINSTD: the same cases every time.
  let state = 1;
  const chance = (below) => (state = (state * 48271) % 2147483647) % below;
  for (let round = 0; round < 5000; round++) {
    const changed = Uint8Array.from(delta);
    for (let left = 1 + chance(8); left--;) changed[chance(delta.length)] = chance(256);
    let made;
    try {
      made = applyDelta(old, changed);
    } catch (error) {
      assert.match(error.message, /damaged/);
      continue;
    }
    assert.equal(hash(made), expected, `round ${round}`);
  }
});
