// What a start costs when there are many keys that tell repeats apart, and how much memory they take: writes so many
// records, spread over the days for which their keys count, and opens the log twice: with the files of keys, and without.
// Usage: npm run bench -- keys [MILLIONS]. A hundred million take some 5 GB of the disk. Linux only.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { program, root, runQuietly } from '../scripts/processes.mjs';

export async function run([millions = 100] = []) {
  await runQuietly(['cargo', 'build', '--release', '-p', 'bowerbird-bench-ingest']);
  const folder = mkdtempSync(join(tmpdir(), 'bowerbird-keys-'));
  try {
    measure(['--folder', folder, '--write', String(millions * 1e6)]);
    const kept = measure(['--folder', folder]);
    rmSync(join(folder, 'keys'), { recursive: true });
    const read = measure(['--folder', folder]);
    const row = (what, { open_s: seconds, open_cpu_s: cpu, key_mb: keys, resident_mb: resident }) => [
      what,
      cpu,
      seconds,
      keys,
      resident,
    ];
    return {
      title: `Opening a log of ${kept.records} records with keys`,
      columns: ['how', 'CPU s', 's', 'keys MB', 'memory MB'],
      rows: [row('from the files of keys', kept), row('from the segments, once', read)],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function measure(args) {
  const { status, stdout, stderr } = spawnSync(program('bowerbird-bench-ingest'), ['keys', ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
