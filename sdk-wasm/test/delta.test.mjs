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
/** MINSTD: the same cases every time. */
const cases = (state) => (below) => (state = (state * 48271) % 2147483647) % below;
/** Seven bits in each byte, lowest first. */
const number = (value) => (value < 128 ? [value] : [128 + (value % 128), ...number(Math.floor(value / 128))]);
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

test('positions of other widths are refused, with which a short delta would read the old pack for hours', () => {
  const large = new Uint8Array(1 << 24);
  // All of the old pack, and back to its beginning, with every eight bytes; and nothing is written.
  const again = [...number(4 * large.length + 3), ...number(2 * large.length - 1)];
  const steps = [...number(4 * large.length + 3), 0, ...Array.from({ length: 100_000 }, () => again).flat()];
  for (const widths of [
    [1, 0],
    [0, 4],
    [2, 3],
    [8, 2],
  ]) {
    const endless = Uint8Array.from([...delta.subarray(0, 24), 0, ...steps]);
    new DataView(endless.buffer).setUint32(12, large.length, true);
    endless.set(widths, 10);
    assert.throws(() => applyDelta(large, endless), /damaged/, `${widths}`);
  }
});

test('steps of every kind with numbers of every size are refused, whatever they do', () => {
  const chance = cases(2);
  const header = delta.slice(0, 24);
  for (let round = 0; round < 20_000; round++) {
    const length = chance(3 * old.length);
    new DataView(header.buffer).setUint32(16, length, true);
    header.set([2 + 2 * chance(2), 2 + 2 * chance(2)], 10);
    const steps = [];
    for (let left = chance(4); left--;) steps.push(...number(chance(1 << 24)), ...number(chance(1 << 24)));
    steps.unshift(...number(steps.length && chance(4)));
    for (let left = chance(12); left--;) {
      const kind = chance(4);
      const count = chance(4) ? chance(60) : chance(2 ** 30);
      steps.push(...number(4 * count + kind));
      if (kind !== 0) steps.push(...number(chance(4) ? chance(400) : chance(2 ** 31)));
      if (kind === 2) steps.push(...number(chance(2 ** 30)));
      if (kind === 0) for (let left = Math.min(count, 60); left--;) steps.push(chance(256));
    }
    // What comes out has another checksum.
    assert.throws(() => applyDelta(old, Uint8Array.from([...header, ...steps])), /damaged/, `round ${round}`);
  }
});

test('hostile bytes are refused or change nothing, and never take long or much', () => {
  const expected = hash(applyDelta(old, delta));
  const chance = cases(1);
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
