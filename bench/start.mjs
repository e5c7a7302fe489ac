// How long until the demo page can be opened: once from an empty data folder, once more with what the first left.
// What is compiled stays as it is: this measures the import, the training and the start, not the compiler.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { root } from '../scripts/processes.mjs';

const STEP = /^✓ (.*?) {2,}([\d.]+) s/;

export async function run() {
  const data = mkdtempSync(join(tmpdir(), 'bowerbird-bench-'));
  try {
    const first = start(data);
    const second = start(data);
    const rows = [...first.keys()].map((step) => [step, first.get(step), second.get(step)]);
    return { title: 'npm start, seconds', columns: ['step', 'from nothing', 'again'], rows };
  } finally {
    rmSync(data, { recursive: true });
  }
}

function start(data) {
  const env = { ...process.env, BOWERBIRD_DATA: data, BOWERBIRD_PORT: '' };
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/start.mjs', '--once'], {
    cwd: root,
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`npm start failed:\n${stdout}${stderr}`);
  const times = new Map();
  for (const line of stdout.split('\n')) {
    const match = STEP.exec(line);
    if (match) times.set(match[1].trim(), Number(match[2]));
  }
  return times.set('everything', Math.round((performance.now() - started) / 100) / 10);
}
