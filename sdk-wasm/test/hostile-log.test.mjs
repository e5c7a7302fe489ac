// Whatever an earlier version, another script or a broken disk left in the log: what can be read in it is sent, once, and
// the page goes on.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Collector } from './collector.mjs';
import { MemoryDisk, inner } from './inner.mjs';

const { createTracker } = await inner('js/tracker.ts');
const OPTIONS = { trackingId: 'hostile', endpoint: 'http://server' };
const RUNS = 60;

/** Chance from a seed. [mulberry32, Tommy Ettinger] */
function chance(seed) {
  return (end) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
  };
}

/** Anything that IndexedDB can hold. */
function anything(below, depth = 2) {
  const kinds = [
    () => null,
    () => undefined,
    () => below(1000) - 500,
    () => NaN,
    () => '',
    () => '{"eventId":',
    () => 'null',
    () => new Date(0),
    () => new Uint8Array(below(9)),
    () => Array.from({ length: below(4) }, () => anything(below, depth - 1)),
    () => ({ [['key', 'text', 'events', 'a'][below(4)]]: anything(below, depth - 1) }),
  ];
  return kinds[below(depth > 0 ? kinds.length : 7)]();
}

/** A record with one member that is not what it should be. */
function broken(below, key) {
  const chunk = { key, owner: 'gone', sessionId: 's', userId: null, events: ['{"eventId":"x"}'] };
  const member = ['owner', 'sessionId', 'userId', 'events'][below(4)];
  chunk[member] = member === 'events' && below(2) ? [anything(below)] : anything(below);
  return chunk;
}

test('what can be read in a log is sent once, whatever else is in it', async () => {
  for (let run = 0; run < RUNS; run += 1) {
    const below = chance(run);
    const disk = new MemoryDisk();
    const sound = [];
    for (let n = 0; n < 8; n += 1) {
      const key = `gone:${n}`;
      const id = `sound-${n}`;
      const isSound = below(2) === 0;
      if (isSound) sound.push(id);
      const events = [JSON.stringify({ eventId: id, eventType: 'click', sentAt: 1 })];
      disk.chunks.set(key, isSound ? { key, owner: 'gone', sessionId: 's', userId: null, events } : broken(below, key));
    }
    const collector = new Collector();
    const tracker = createTracker(OPTIONS, undefined, disk.open);
    const own = tracker.track('click', { itemId: 'a' });
    await tracker.flush();
    const accepted = collector.accepted();
    for (const id of [...sound, own])
      assert.equal(accepted.filter((one) => one === id).length, 1, `run ${run}: ${id} of ${JSON.stringify(accepted)}`);
    await tracker.close();
  }
});
