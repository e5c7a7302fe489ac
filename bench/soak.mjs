// Events for a long time, at a pace at which they are sealed meanwhile: where does the memory go? Afterwards the server is
// killed and started again. The live view gets so little room that it is full soon.
// Usage: npm run bench -- soak [MINUTES [MEGABYTES OF THE LIVE VIEW [EVENTS A SECOND]]]. Linux only. It takes half a
// gigabyte of the temporary folder, and ten megabytes more for each thousand events a second in ten minutes.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { build, bytesOf, end, load, metrics, ready, startAgain, startBowerbird, used } from './ingest/server.mjs';

const MINUTES = 10;
const LIVE_VIEW_MB = 128;
/** Beyond 100,000 segments wait to be sealed. */
const EVENTS_PER_S = 80_000;
const BATCH = 10;
const MB = 1e6;

export async function run([minutes = MINUTES, megabytes = LIVE_VIEW_MB, pace = EVENTS_PER_S]) {
  await build();
  const folder = mkdtempSync(join(tmpdir(), 'bowerbird-soak-'));
  const settings = ['--live-view-mb', String(megabytes)];
  let server = await startBowerbird(folder, settings);
  try {
    const rows = [];
    const loaded = load(server, { batch: BATCH, 'events-per-s': pace, 'measure-s': minutes * 60 });
    for (let minute = 1; minute <= minutes; minute += 1) {
      await Promise.race([new Promise((resolve) => setTimeout(resolve, 60_000)), loaded]);
      rows.push(await sample(server, `${minute} min`));
    }
    const { events_per_s: rate } = await loaded;
    await end(server, 'SIGKILL');
    const log = bytesOf(join(folder, 'log'));
    const started = performance.now();
    server = await startAgain(folder, settings);
    const taking = seconds(started);
    await ready(server);
    const whole = seconds(started);
    const [, cpu] = used(`/proc/${server.child.pid}`);
    rows.push(await sample(server, 'started again'));
    return {
      title:
        `${Math.round(rate)} events/s for ${minutes} min; started again with ${(log / 1e9).toFixed(2)} GB of log: ` +
        `takes events after ${taking} s, ready after ${whole} s and ${cpu} s of CPU`,
      columns: ['when', 'records', 'memory MB', 'keys MB', 'live view MB', 'the rest MB'],
      rows,
    };
  } finally {
    await end(server, 'SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

async function sample(server, when) {
  const status = readFileSync(`/proc/${server.child.pid}/status`, 'utf8');
  const resident = Number(/^RssAnon:\s+(\d+)/m.exec(status)[1]) * 1024;
  const [records, keys, live] = ['log_records', 'repeat_keys_bytes', 'live_view_bytes'].map(await metrics(server));
  const rest = resident - keys - live;
  return [when, records, ...[resident, keys, live, rest].map((bytes) => Math.round(bytes / MB))];
}

function seconds(since) {
  return ((performance.now() - since) / 1000).toFixed(2);
}
