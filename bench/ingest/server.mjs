// What the benchmarks of ingest have in common: a server that takes events, and the load on it.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, fsyncSync, openSync, readFileSync, readdirSync, statSync, writeSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';

import { Api } from '../../scripts/demo/api.mjs';
import { program, runQuietly, serverBinary } from '../../scripts/processes.mjs';
import { eventTracker } from './event-tracker.mjs';

const READY = /listening on http:\/\/(\S+)/;

export function build() {
  return runQuietly(['cargo', 'build', '--release', '-p', 'bowerbird-server', '-p', 'bowerbird-bench-ingest']);
}

export function startFloor(folder) {
  const file = join(folder, 'file');
  return listening(program('bowerbird-bench-ingest'), ['floor', '--listen', '127.0.0.1:0', '--file', file]);
}

export async function startBowerbird(folder, settings = [], binary = serverBinary()) {
  const server = await startAgain(folder, settings, binary);
  const trackingId = await eventTracker(new Api(`http://${server.address}`), 'bench');
  return { ...server, trackingId };
}

/** What four bursts of batches of a hundred write in the time of a measurement, and half as much again. */
const SPARES = 24;
const SEGMENT = 64 << 20;
/** No other segment ends with it: where nothing was laid, it ends with a frame or with zeros. */
const FILLING = Buffer.alloc(4 << 20, 'a');

/**
 * The same as it is when segments have been sealed: old ones lie ready, and the newest is written over one. Those that are
 * laid there are not in memory, as most are not.
 */
export async function startOnSpares(folder, binary = serverBinary()) {
  const log = join(folder, 'log');
  const first = await startBowerbird(folder, [], binary);
  await load(first, { batch: 100, run: 90, 'measure-s': 1 });
  await end(first);
  // Their names are the offsets that they began with: smaller ones than those that will come, and not that of the first one.
  for (let n = 1; n <= SPARES; n += 1) fill(join(log, `${String(n).padStart(20, '0')}.spare`));
  const server = await startAgain(folder, ['--spare-segments', String(SPARES)], binary);
  const loaded = { ...server, trackingId: first.trackingId };
  for (let run = 91; !isOver(log); run += 1) {
    await load(loaded, { batch: 100, run, 'measure-s': 1 });
  }
  // What this wrote is not to be sealed, nor made spares of, in the time of what is measured.
  while (closed(folder) > 0 && names(folder, 'log', '.spare').length < SPARES) await setTimeout(100);
  return loaded;
}

function fill(path) {
  const file = openSync(path, 'w');
  for (let at = 0; at < SEGMENT; at += FILLING.length) writeSync(file, FILLING);
  fsyncSync(file);
  closeSync(file);
  forget(path);
}

/** Takes a file out of the memory of the kernel; what it holds must be on the disk. */
export function forget(path) {
  const forgetting = ['if=/dev/null', `of=${path}`, 'oflag=nocache', 'conv=notrunc', 'count=0', 'status=none'];
  if (spawnSync('dd', forgetting).status !== 0) throw new Error(`dd does not take ${path} out of memory`);
}

/** Whether the newest segment is written over one that was laid there, whose end is still what it was. */
function isOver(log) {
  return readFileSync(join(log, names(log, '.', '.seg').at(-1))).at(-1) === FILLING.at(-1);
}

function closed(folder) {
  return names(folder, 'log', '.seg').length - 1;
}

function names(folder, within, ending) {
  return readdirSync(join(folder, within))
    .filter((name) => name.endsWith(ending))
    .toSorted();
}

/** Ends a server, if it has not ended. */
export async function end({ child }, signal = 'SIGTERM') {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'close');
}

/** Until the live view is whole. */
export async function ready({ address }) {
  while (!(await fetch(`http://${address}/ready`)).ok) await setTimeout(5);
}

/** What a server says of itself now: its metrics, by name. */
export async function metrics({ address }) {
  const all = await (await fetch(`http://${address}/metrics`)).text();
  return (name) => Number(new RegExp(`^bowerbird_${name} (\\d+)`, 'm').exec(all)[1]);
}

/** The name of a process or thread, and the seconds that it used so far, in the hundredths that /proc counts in. */
export function used(folder) {
  const [, name, rest] = /\((.*)\) (.*)/.exec(readFileSync(`${folder}/stat`, 'utf8'));
  const fields = rest.split(' ');
  return [name, (Number(fields[11]) + Number(fields[12])) / 100];
}

export function bytesOf(folder) {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

/** The server in a folder that may hold something already. */
export function startAgain(folder, settings = [], binary = serverBinary()) {
  return listening(binary, ['serve', '--listen', '127.0.0.1:0', '--data', folder, ...settings]);
}

async function listening(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const line of createInterface(child.stdout)) {
    const match = READY.exec(line);
    if (match) return { child, address: match[1], trackingId: 'none' };
  }
  throw new Error(`${command} does not start`);
}

/** Resolves to what the load measured. */
export async function load({ child, address, trackingId }, options) {
  const all = { to: address, pid: child.pid, 'tracking-id': trackingId, ...options };
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const sender = spawn(program('bowerbird-bench-ingest'), ['load', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [said, complained] = await Promise.all([text(sender.stdout), text(sender.stderr)]);
  if (said === '') throw new Error(complained);
  return JSON.parse(said);
}
