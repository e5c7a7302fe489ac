// How many events a second become durable, and what each costs the server, beside the floor: the same HTTP stack that
// appends the raw bodies to a preallocated file and looks into none. Load and server share the machine, so all are alive and
// stopped but for the one whose turn it is: a machine that is slower for a moment is so for all of them. Of the server there
// are two: at first its segments lie over reserved room; when the first ones have been sealed, new ones are written over
// them. Linux only: the use of the machine is read from /proc.
//
// A machine that others use too computes faster and slower for seconds: so turns are short and many, with new processes in
// each round. A turn in which a segment was sealed counts only for what is written and computed in all: that waits for a rush
// to pass, unless too many segments wait for it.
//
// Usage: npm run bench -- ingest [ROUNDS [NAME=PATH/OF/ANOTHER/BOWERBIRD …]].
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { build, end, load, startBowerbird, startFloor, startOnSpares } from './ingest/server.mjs';

const ROUNDS = 5;
/** Of a batch size and a server in a round. */
const TURNS = 6;
const TURN = { 'warm-up-s': 0.15, 'measure-s': 0.45 };
const BATCHES = [1, 10, 100];
const FLOOR = 'floor';
/** Of a server's processor time, what works after the answer may take so much in a turn that counts. */
const LATER = 0.05;

export async function run([rounds = ROUNDS, ...others] = []) {
  await build();
  const who = contestants(others);
  const turns = [];
  for (let round = 0; round < rounds; round += 1) turns.push(...(await measure(who)));
  return {
    title: `POST /events, every batch durable before its answer, 64 connections, turns of ${TURN['measure-s']} s`,
    columns: [
      'batch',
      'who',
      'turns',
      'events/s',
      'of the floor',
      '±',
      'server CPU µs/event',
      'without what it does later',
      'p50 ms',
      'p99 ms',
      'synced/sent',
      'written/sent',
    ],
    rows: BATCHES.flatMap((batch) =>
      who.map(([name]) =>
        row(
          batch,
          name,
          turns.filter((turn) => turn.name === name && turn.batch === batch),
        ),
      ),
    ),
  };
}

function contestants(others) {
  const versions = [['bowerbird'], ...others.map((other) => other.split('='))];
  return [
    [FLOOR, startFloor],
    ...versions.flatMap(([name, binary]) => [
      [`${name}, at first`, (folder) => startBowerbird(folder, [], binary)],
      [`${name}, later`, (folder) => startOnSpares(folder, binary)],
    ]),
  ];
}

/** All servers, new, in empty folders, and their turns of every batch size. */
async function measure(who) {
  const servers = [];
  try {
    for (const [name, start] of who) {
      const folder = mkdtempSync(join(tmpdir(), 'bowerbird-bench-'));
      const server = { name, folder, ...(await start(folder)) };
      servers.push(server);
      server.child.kill('SIGSTOP');
    }
    const turns = [];
    for (const [at, batch] of BATCHES.entries()) {
      for (let turn = 0; turn < TURNS; turn += 1) {
        const loads = [];
        for (const server of turn % 2 === 0 ? servers : servers.toReversed()) {
          server.child.kill('SIGCONT');
          const measured = await load(server, { ...TURN, batch, run: at * TURNS + turn });
          server.child.kill('SIGSTOP');
          loads.push({ name: server.name, batch, ...measured });
        }
        const floor = loads.find(({ name }) => name === FLOOR).events_per_s;
        turns.push(...loads.map((one) => ({ ...one, share: one.events_per_s / floor })));
      }
    }
    return turns;
  } finally {
    for (const { child, folder } of servers) {
      child.kill('SIGCONT');
      await end({ child }, 'SIGKILL');
      rmSync(folder, { recursive: true });
    }
  }
}

function counts(turn) {
  return turn.cpu_us_per_event - turn.answer_cpu_us_per_event <= LATER * turn.cpu_us_per_event;
}

function row(batch, name, turns) {
  const counted = turns.filter(counts);
  const average = (what, of = counted) => mean(of.map((turn) => turn[what]));
  const share = average('share');
  const deviation = Math.sqrt(mean(counted.map((turn) => (turn.share - share) ** 2)));
  return [
    batch,
    name,
    counted.length,
    Math.round(average('events_per_s')),
    percent(share),
    name === FLOOR ? '' : percent(deviation / Math.sqrt(counted.length - 1)),
    // All that it does, in all turns.
    average('cpu_us_per_event', turns).toFixed(2),
    average('answer_cpu_us_per_event').toFixed(2),
    (average('p50_us') / 1000).toFixed(1),
    (average('p99_us') / 1000).toFixed(1),
    // The floor writes over its file through the kernel's memory, which counts blocks of its choice.
    name === FLOOR ? '' : average('synced_per_sent').toFixed(3),
    name === FLOOR ? '' : average('written_per_sent', turns).toFixed(3),
  ];
}

function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
