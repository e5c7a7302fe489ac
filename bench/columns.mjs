// What an event costs on the disk by column, and how fast trainings read it back; beside DuckDB on the same files, and
// beside reading the records themselves. Processor time of one thread, best of five.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { program, root, runQuietly } from '../scripts/processes.mjs';

const EVENTS = 1_000_000;
const PYTHON = join(root, '.venv/bin/python3');

export async function run([events = EVENTS] = []) {
  await runQuietly(['cargo', 'build', '--release', '-p', 'bowerbird-bench-ingest']);
  const folder = mkdtempSync(join(tmpdir(), 'bowerbird-bench-'));
  try {
    const ours = JSON.parse(
      output([program('bowerbird-bench-ingest'), 'columns', '--folder', folder, '--events', String(events)]),
    );
    const duck = existsSync(PYTHON) ? Number(output([PYTHON, 'bench/columns/duck.py', join(folder, 'columns')])) : null;
    const reading = (us) => [us.toFixed(3), (1 / us).toFixed(1)];
    return {
      title: `${ours.rows} sealed events; ${ours.log_bytes_per_event} bytes each in the log, ${ours.column_bytes_per_event} by column`,
      columns: ['what', 'CPU µs/event', 'million events/s per core'],
      rows: [
        ['8 columns, every value looked at', ...reading(ours.columns_us)],
        ['the same as users, items and times by number', ...reading(ours.interactions_us)],
        ['2 columns', ...reading(ours.two_columns_us)],
        ['8 columns, DuckDB', ...(duck ? reading((duck * 1e6) / ours.rows) : ['–', '–'])],
        ['the records, each parsed', ...reading(ours.records_us)],
        ['sealing', ...reading(ours.seal_us)],
      ],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function output([command, ...args]) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
