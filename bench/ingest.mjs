// How many events a second become durable, and what each costs the server, beside the floor: the same HTTP stack that
// appends the raw bodies to a preallocated file and looks into none. Load and server share the machine, so both take
// turns, five times; the numbers are medians. Linux only: the use of the machine is read from /proc.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { Api } from '../scripts/demo/api.mjs';
import { program, runQuietly } from '../scripts/processes.mjs';

const ROUNDS = 5;
const BATCHES = [1, 10, 100];
const READY = /listening on http:\/\/(\S+)/;
const SCHEMA = {
  type: 'record',
  name: 'Interactions',
  namespace: 'com.amazonaws.personalize.schema',
  fields: [
    { name: 'USER_ID', type: 'string' },
    { name: 'ITEM_ID', type: 'string' },
    { name: 'TIMESTAMP', type: 'long' },
  ],
  version: '1.0',
};

export async function run() {
  await runQuietly(['cargo', 'build', '--release', '-p', 'bowerbird-server', '-p', 'bowerbird-bench-ingest']);
  const measured = new Map();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [who, start] of [
      ['floor', startFloor],
      ['bowerbird', startBowerbird],
    ]) {
      for (const [batch, numbers] of await measure(start)) {
        const key = `${batch} ${who}`;
        measured.set(key, [...(measured.get(key) ?? []), numbers]);
      }
    }
  }
  return {
    title: `POST /events, every batch durable before its answer, 64 connections, median of ${ROUNDS} rounds`,
    columns: ['batch', 'who', 'events/s', 'of the floor', 'server CPU µs/event', 'p50 ms', 'p99 ms', 'written/sent'],
    rows: BATCHES.flatMap((batch) => rows(batch, measured)),
  };
}

/** One server from an empty folder, every batch size once: [batch, numbers]. */
async function measure(start) {
  const folder = mkdtempSync(join(tmpdir(), 'bowerbird-bench-'));
  const server = await start(folder);
  try {
    return BATCHES.map((batch, run) => [batch, load(server, batch, run)]);
  } finally {
    server.child.kill('SIGKILL');
    await once(server.child, 'close');
    rmSync(folder, { recursive: true });
  }
}

function startFloor(folder) {
  const file = join(folder, 'file');
  return listening(program('bowerbird-bench-ingest'), ['floor', '--listen', '127.0.0.1:0', '--file', file]);
}

async function startBowerbird(folder) {
  const server = await listening(program('bowerbird'), ['serve', '--listen', '127.0.0.1:0', '--data', folder]);
  const api = new Api(`http://${server.address}`);
  const { schemaArn } = await api.call('CreateSchema', { name: 'bench', schema: JSON.stringify(SCHEMA) });
  const { datasetGroupArn } = await api.call('CreateDatasetGroup', { name: 'bench' });
  await api.call('CreateDataset', { name: 'bench', schemaArn, datasetGroupArn, datasetType: 'Interactions' });
  const { trackingId } = await api.call('CreateEventTracker', { name: 'bench', datasetGroupArn });
  return { ...server, trackingId };
}

async function listening(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const line of createInterface(child.stdout)) {
    const match = READY.exec(line);
    if (match) return { child, address: match[1], trackingId: 'none' };
  }
  throw new Error(`${command} does not start`);
}

function load({ child, address, trackingId }, batch, run) {
  const options = { to: address, pid: child.pid, 'tracking-id': trackingId, batch, run };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { status, stdout, stderr } = spawnSync(program('bowerbird-bench-ingest'), ['load', ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

function rows(batch, measured) {
  const middle = (who, name) => median(measured.get(`${batch} ${who}`).map((numbers) => numbers[name]));
  const floor = middle('floor', 'events_per_s');
  return ['floor', 'bowerbird'].map((who) => [
    batch,
    who,
    middle(who, 'events_per_s'),
    `${Math.round((100 * middle(who, 'events_per_s')) / floor)} %`,
    middle(who, 'cpu_us_per_event'),
    (middle(who, 'p50_us') / 1000).toFixed(1),
    (middle(who, 'p99_us') / 1000).toFixed(1),
    // The floor writes over its own file, whose pages the kernel counts in blocks of its choice.
    who === 'floor' ? '' : middle(who, 'written_per_sent'),
  ]);
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
