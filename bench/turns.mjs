// What `ingest` measures, in turns of less than half a second: the floor and the servers are all alive and stopped but for the
// one whose turn it is, so a machine that is slower for a moment is so for all of them, and memory has been used before. Other
// versions of the server can be measured beside this one. A turn in which a segment was sealed does not count: that waits
// for a rush to pass, and so short turns are none; there are as many turns as it takes, but no more than four times as many.
// Linux only.
// Usage: npm run bench -- turns [TURNS [BATCH [NAME=PATH/OF/ANOTHER/BOWERBIRD …]]].
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { build, end, load, startBowerbird, startFloor, startOnSpares } from './ingest/server.mjs';

const TURNS = 16;
const BATCH = 10;
const FLOOR = 'floor';
/** Of a server's processor time, what works after the answer may take so much in a turn that counts. */
const LATER = 0.05;
const TURN = { 'warm-up-s': 0.15, 'measure-s': 0.4 };

export async function run([turns = TURNS, batch = BATCH, ...others] = []) {
  await build();
  const servers = [];
  try {
    for (const [who, start] of contestants(others)) {
      const folder = mkdtempSync(join(tmpdir(), 'bowerbird-turns-'));
      const server = { who, folder, turns: [], ...(await start(folder)) };
      servers.push(server);
      server.child.kill('SIGSTOP');
    }
    const isMissing = (server) => server.turns.filter(counts).length < turns;
    for (let turn = 0; turn < 4 * turns && servers.some(isMissing); turn += 1) {
      for (const server of turn % 2 === 0 ? servers : servers.toReversed()) {
        server.child.kill('SIGCONT');
        server.turns.push(await load(server, { ...TURN, batch, run: turn }));
        server.child.kill('SIGSTOP');
      }
    }
  } finally {
    for (const { child, folder } of servers) {
      child.kill('SIGCONT');
      await end({ child }, 'SIGKILL');
      rmSync(folder, { recursive: true });
    }
  }
  const floor = servers.find(({ who }) => who === FLOOR).turns;
  return {
    title: `Batches of ${batch}, every one durable before its answer, turns of ${TURN['measure-s']} s`,
    columns: [
      'who',
      'turns',
      'events/s',
      'of the floor',
      '±',
      'server CPU µs/event',
      'p50 ms',
      'p99 ms',
      'synced/sent',
    ],
    rows: servers.map((server) => row(server, floor)),
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

function counts(turn) {
  return turn.cpu_us_per_event - turn.answer_cpu_us_per_event <= LATER * turn.cpu_us_per_event;
}

/** Each turn is compared with that of the floor beside it. */
function row({ who, turns }, floor) {
  const pairs = turns.map((turn, at) => [turn, floor[at]]);
  const counted = pairs.filter(([turn]) => counts(turn));
  const ratios = counted.map(([turn, beside]) => turn.events_per_s / beside.events_per_s);
  const average = (name) => mean(counted.map(([turn]) => turn[name]));
  const deviation = Math.sqrt(mean(ratios.map((ratio) => (ratio - mean(ratios)) ** 2)));
  return [
    who,
    counted.length,
    Math.round(average('events_per_s')),
    percent(mean(ratios)),
    percent(deviation / Math.sqrt(counted.length - 1)),
    average('cpu_us_per_event').toFixed(2),
    (average('p50_us') / 1000).toFixed(1),
    (average('p99_us') / 1000).toFixed(1),
    who === FLOOR ? '' : average('synced_per_sent').toFixed(3),
  ];
}

function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
