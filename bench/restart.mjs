// What a start costs for each GB of the log that is not sealed: when there is no snapshot of the live view; the same when the
// log is in no memory, as after the machine was started; behind a snapshot; and behind the oldest one that there can be. The
// log is made by the server, which is killed; the threads that work when everything is answered already are not counted,
// nor is the time in which they have the cores to themselves.
// Usage: npm run bench -- restart [GIGABYTES [ROUNDS]]. Linux only: the use of the machine is read from /proc.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  build,
  bytesOf,
  end,
  forget,
  load,
  metrics,
  ready,
  startAgain,
  startBowerbird,
  used,
} from './ingest/server.mjs';

const GIGABYTES = 1.5;
const ROUNDS = 3;
const BATCHES = [10, 100];
/** Of the events that make the next snapshot due in a rush, as many have come: one more burst might make it due. */
const TAIL = 0.85;
const BURST_S = 0.5;
/** What makes it due: see server/src/jobs/snapshots.rs. */
const MOST_EVENTS = 5_000_000;
/** Runs of the load from here on have made the log; their events are others than those of the runs that make it longer. */
const BEFORE = 1_000;
/** Threads that nobody waits for. */
const LATER = ['housekeeper', 'event-log-keys', 'snapshots'];

export async function run([gigabytes = GIGABYTES, rounds = ROUNDS] = []) {
  await build();
  const rows = [];
  for (const batch of BATCHES) {
    const folder = mkdtempSync(join(tmpdir(), 'bowerbird-restart-'));
    try {
      rows.push(...(await measure(folder, batch, Number(gigabytes), Number(rounds))));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  return {
    title: `Starts after a kill, nothing sealed, best of ${rounds}: until /ready says that the live view is whole`,
    columns: ['log', 'GB', 'how', 'CPU s', 's', 'CPU s/GB', 's/GB'],
    rows,
  };
}

async function measure(folder, batch, gigabytes, rounds) {
  const server = await startBowerbird(folder);
  for (let run = BEFORE; bytesOf(join(folder, 'log')) < gigabytes * 1e9; run += 1) {
    await load(server, { batch, run, 'warm-up-s': 0, 'measure-s': 2 });
  }
  await end(server, 'SIGKILL');
  const without = await repeated(folder, rounds, () => withoutSnapshot(folder));
  const unread = await repeated(folder, rounds, () => {
    withoutSnapshot(folder);
    readdirSync(join(folder, 'log')).forEach((name) => forget(join(folder, 'log', name)));
  });
  await keepSnapshot(folder);
  const behind = await repeated(folder, rounds, () => {});
  const events = await lengthen(folder, server.trackingId, batch);
  const tail = await repeated(folder, rounds, () => {});
  return [
    [`calls of ${batch}`, 'without a snapshot', without],
    ['', 'the same, the log in no memory', unread],
    ['', 'behind a snapshot', behind],
    ['', `${events} events behind one`, tail],
  ].map(([log, how, { gb, cpu, wall }]) => [
    log,
    gb.toFixed(2),
    how,
    cpu.toFixed(2),
    wall.toFixed(2),
    (cpu / gb).toFixed(2),
    (wall / gb).toFixed(2),
  ]);
}

/** Starts the server so often, each time with nothing sealed, and resolves to the least that it took. */
async function repeated(folder, rounds, prepare) {
  let best = { gb: 0, cpu: Infinity, wall: Infinity };
  for (let round = 0; round < rounds; round += 1) {
    prepare();
    rmSync(join(folder, 'columns'), { recursive: true, force: true });
    const gb = bytesOf(join(folder, 'log')) / 1e9;
    const started = performance.now();
    const server = await startAgain(folder);
    await ready(server);
    const [wall, cpu] = [(performance.now() - started) / 1000, cpuSeconds(server.child.pid)];
    await end(server, 'SIGKILL');
    best = { gb, cpu: Math.min(best.cpu, cpu), wall: Math.min(best.wall, wall) };
  }
  return best;
}

function withoutSnapshot(folder) {
  rmSync(join(folder, 'live'), { recursive: true, force: true });
}

/** A server that is told to stop writes one. */
async function keepSnapshot(folder) {
  const server = await startAgain(folder);
  await ready(server);
  await end(server);
}

/** Sends a rush of events until the next snapshot is nearly due, and kills the server; resolves to how many are behind the
 * one that there is. */
async function lengthen(folder, trackingId, batch) {
  const server = { ...(await startAgain(folder)), trackingId };
  await ready(server);
  let [before, kept] = [await records(server), keptAt(folder)];
  for (let run = 1; ; run += 1) {
    const { events_per_s: rate } = await load(server, { batch, run, 'warm-up-s': 0, 'measure-s': BURST_S });
    const now = await records(server);
    // Before it was known for a rush, one may have been written.
    if (keptAt(folder) !== kept) [before, kept] = [now, keptAt(folder)];
    const sent = now - before;
    if (sent + rate * BURST_S > TAIL * MOST_EVENTS) {
      await end(server, 'SIGKILL');
      return sent;
    }
  }
}

function keptAt(folder) {
  const live = join(folder, 'live');
  return readdirSync(live)
    .map((name) => statSync(join(live, name)).mtimeMs)
    .join();
}

async function records(server) {
  return (await metrics(server))('log_records');
}

/** What a process used so far without those threads. */
function cpuSeconds(pid) {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => used(`/proc/${pid}/task/${thread}`));
  const later = threads.filter(([name]) => LATER.includes(name));
  return later.reduce((left, [, seconds]) => left - seconds, used(`/proc/${pid}`)[1]);
}
