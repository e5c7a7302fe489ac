// How many events a second become durable, and what each costs the server, beside the floor: the same HTTP stack that
// appends the raw bodies to a preallocated file and looks into none. Load and server share the machine, so both take
// turns, five times; the numbers are medians. Of the server there are two: at first its segments lie over reserved room; when
// the first ones have been sealed, new ones are written over them. Linux only: the use of the machine is read from /proc.
// Usage: npm run bench -- ingest [ROUNDS].
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { build, end, load, startBowerbird, startFloor, startOnSpares } from './ingest/server.mjs';

const ROUNDS = 5;
const BATCHES = [1, 10, 100];
const FLOOR = 'floor';
const WHO = new Map([
  [FLOOR, startFloor],
  ['bowerbird, at first', startBowerbird],
  ['bowerbird, later', startOnSpares],
]);

export async function run([rounds = ROUNDS] = []) {
  await build();
  const measured = new Map();
  for (let round = 0; round < rounds; round += 1) {
    for (const [who, start] of WHO) {
      for (const [batch, numbers] of await measure(start)) {
        const key = `${batch} ${who}`;
        measured.set(key, [...(measured.get(key) ?? []), numbers]);
      }
    }
  }
  return {
    title: `POST /events, every batch durable before its answer, 64 connections, median of ${rounds} rounds`,
    columns: [
      'batch',
      'who',
      'events/s',
      'of the floor',
      'server CPU µs/event',
      'without what it does later',
      'p50 ms',
      'p99 ms',
      'synced/sent',
      'written/sent',
    ],
    rows: BATCHES.flatMap((batch) => rows(batch, measured)),
  };
}

/** One server from an empty folder, every batch size once: [batch, numbers]. */
async function measure(start) {
  const folder = mkdtempSync(join(tmpdir(), 'bowerbird-bench-'));
  const server = await start(folder);
  try {
    const all = [];
    for (const [run, batch] of BATCHES.entries()) all.push([batch, await load(server, { batch, run })]);
    return all;
  } finally {
    await end(server, 'SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

function rows(batch, measured) {
  const middle = (who, name) => median(measured.get(`${batch} ${who}`).map((numbers) => numbers[name]));
  const floor = middle(FLOOR, 'events_per_s');
  return [...WHO.keys()].map((who) => [
    batch,
    who,
    middle(who, 'events_per_s'),
    `${Math.round((100 * middle(who, 'events_per_s')) / floor)} %`,
    middle(who, 'cpu_us_per_event'),
    middle(who, 'answer_cpu_us_per_event'),
    (middle(who, 'p50_us') / 1000).toFixed(1),
    (middle(who, 'p99_us') / 1000).toFixed(1),
    // The floor writes over its file through the kernel's memory, which counts blocks of its choice.
    who === FLOOR ? '' : middle(who, 'synced_per_sent'),
    who === FLOOR ? '' : middle(who, 'written_per_sent'),
  ]);
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
