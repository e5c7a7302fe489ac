// Events for a long time, as fast as they are taken: where does the memory go? Afterwards the server is killed and started
// again, with nothing sealed away but what it sealed meanwhile. The live view gets so little room that it is full halfway.
// Usage: npm run bench -- soak [MINUTES [MEGABYTES OF THE LIVE VIEW]]. Linux only.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { build, load, startAgain, startBowerbird } from './ingest/server.mjs';

const MINUTES = 10;
const LIVE_VIEW_MB = 128;
const BATCH = 10;
const MB = 1e6;

export async function run([minutes = MINUTES, megabytes = LIVE_VIEW_MB]) {
  await build();
  const folder = mkdtempSync(join(tmpdir(), 'bowerbird-soak-'));
  const settings = ['--live-view-mb', String(megabytes)];
  let server = await startBowerbird(folder, settings);
  try {
    const rows = [];
    const loaded = load(server, { batch: BATCH, 'measure-s': minutes * 60 });
    for (let minute = 1; minute <= minutes; minute += 1) {
      await Promise.race([new Promise((resolve) => setTimeout(resolve, 60_000)), loaded]);
      rows.push(await sample(server, `${minute} min`));
    }
    const { events_per_s: rate } = await loaded;
    await kill(server);
    const log = bytesOf(join(folder, 'log'));
    const started = performance.now();
    server = await startAgain(folder, settings);
    const taking = seconds(started);
    await ready(server);
    const whole = seconds(started);
    const cpu = cpuSeconds(server);
    rows.push(await sample(server, 'started again'));
    return {
      title:
        `${Math.round(rate)} events/s for ${minutes} min; started again with ${(log / 1e9).toFixed(2)} GB of log: ` +
        `takes events after ${taking} s, ready after ${whole} s and ${cpu} s of CPU`,
      columns: ['when', 'records', 'memory MB', 'keys MB', 'live view MB', 'the rest MB'],
      rows,
    };
  } finally {
    await kill(server);
    rmSync(folder, { recursive: true });
  }
}

async function sample({ child, address }, when) {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  const resident = Number(/^RssAnon:\s+(\d+)/m.exec(status)[1]) * 1024;
  const metrics = await (await fetch(`http://${address}/metrics`)).text();
  const metric = (name) => Number(new RegExp(`^bowerbird_${name} (\\d+)`, 'm').exec(metrics)[1]);
  const [records, keys, live] = ['log_records', 'repeat_keys_bytes', 'live_view_bytes'].map(metric);
  const rest = resident - keys - live;
  return [when, records, ...[resident, keys, live, rest].map((bytes) => Math.round(bytes / MB))];
}

async function kill({ child }) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'close');
}

/** Until the live view is rebuilt. */
async function ready({ address }) {
  while (!(await fetch(`http://${address}/ready`)).ok) await new Promise((resolve) => setTimeout(resolve, 20));
}

function seconds(since) {
  return ((performance.now() - since) / 1000).toFixed(2);
}

/** What the process used so far, in the hundredths of a second that /proc counts in. */
function cpuSeconds({ child }) {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function bytesOf(folder) {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}
