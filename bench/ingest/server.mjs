// What the benchmarks of ingest have in common: a server that takes events, and the load on it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

import { Api } from '../../scripts/demo/api.mjs';
import { program, runQuietly } from '../../scripts/processes.mjs';
import { eventTracker } from './event-tracker.mjs';

const READY = /listening on http:\/\/(\S+)/;

export function build() {
  return runQuietly(['cargo', 'build', '--release', '-p', 'bowerbird-server', '-p', 'bowerbird-bench-ingest']);
}

export function startFloor(folder) {
  const file = join(folder, 'file');
  return listening(program('bowerbird-bench-ingest'), ['floor', '--listen', '127.0.0.1:0', '--file', file]);
}

export async function startBowerbird(folder, settings = []) {
  const server = await startAgain(folder, settings);
  const trackingId = await eventTracker(new Api(`http://${server.address}`), 'bench');
  return { ...server, trackingId };
}

/** The server in a folder that may hold something already. */
export function startAgain(folder, settings = []) {
  return listening(program('bowerbird'), ['serve', '--listen', '127.0.0.1:0', '--data', folder, ...settings]);
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
