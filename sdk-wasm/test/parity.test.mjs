import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { inner } from './inner.mjs';

const FORMAT = new URL('../../tests/format/', import.meta.url);
const bytes = new Uint8Array(readFileSync(new URL('pack-v1.bbp', FORMAT)));
const { openPlain: open, openWithDials } = await inner('test/_devices.ts');

const scoreBits = new DataView(new ArrayBuffer(4));
function bits(score) {
  if (score === null) return null;
  scoreBits.setFloat32(0, score);
  return scoreBits.getUint32(0);
}

/** Every version of the format that was released, and what the native build answers to each case. */
const versions = ['pack-v1', 'pack-v1.1', 'pack-v1.2', 'pack-v1.3'].flatMap((version) => {
  const pack = new Uint8Array(readFileSync(new URL(`${version}.bbp`, FORMAT)));
  const cases = JSON.parse(readFileSync(new URL(`${version}.expected.json`, FORMAT), 'utf8'));
  return cases.map((one) => ({ version, pack, ...one }));
});

for (const { version, pack, name, history, candidates, k, seen, context, expect } of versions) {
  test(`${version}, ${name}: ${context ? 'the build with dials has' : 'both builds have'} the order and the score bits of the native one`, async () => {
    for (const build of context ? [openWithDials] : [open, openWithDials]) {
      const device = await build(pack);
      history.forEach((id) => device.observe({ itemId: id, eventType: '' }, 1));
      const ranked = device.rank(candidates, { k, seen, context });
      assert.deepEqual(
        ranked.map(({ itemId, score }) => ({ id: itemId, score_bits: bits(score) })),
        expect,
      );
    }
  });
}

test('without dials both builds give the same list, with its reasons', async () => {
  const [plain, turnable] = [await open(bytes), await openWithDials(bytes)];
  const ids = plain.items().map(({ itemId }) => itemId);
  for (let step = 0; step < 200; step++) {
    const event = { itemId: ids[(step * 17) % ids.length], eventType: 'watch' };
    for (const device of [plain, turnable]) device.observe(event, (step % 5) / 2);
    for (const candidates of [null, ids.filter((_, at) => (at * step) % 3), { ids: ids.slice(step % 20) }]) {
      const options = { k: 1 + (step % 30), seen: step % 2 ? 'exclude' : 'keep', exclude: ids.slice(0, step % 4) };
      assert.deepEqual(plain.rank(candidates, options), turnable.rank(candidates, options));
    }
  }
});

test('every item of the pack can be read, most popular first', async () => {
  const device = await open(bytes);
  const items = device.items();
  const popular = device.rank(null, { k: items.length });
  assert.deepEqual(
    items.map(({ itemId }) => itemId),
    popular.map(({ itemId }) => itemId),
  );
  assert.equal(device.item(items[0].itemId), items[0]);
  assert.equal(device.item('nobody knows it'), undefined);
});

test('a damaged pack is refused and says what to do', async () => {
  const damaged = bytes.slice();
  damaged[damaged.length - 1] ^= 1;
  await assert.rejects(open(damaged), /download it again/);
  await assert.rejects(open(bytes.slice(0, 100)), /download it again/);
  await assert.rejects(open(new TextEncoder().encode('<html>')), /not a vector pack/);
});
