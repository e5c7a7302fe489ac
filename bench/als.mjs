// Implicit ALS beside PyPI's `implicit`: each side's best settings, and the time until both predict equally well.
// `npm run bench -- als [SPLIT …]`: folders with train.tsv, valid.tsv and test.tsv (user, item). Linux only.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { output, root, run as command } from '../scripts/processes.mjs';

const VENV = join(root, 'bench-out', 'implicit');
const PYTHON = join(VENV, 'bin', 'python');
const VERSION = '0.7.3';

export async function run(splits) {
  if (splits.length === 0) throw new Error('name at least one folder with train.tsv, valid.tsv and test.tsv');
  await command(['cargo', 'build', '--release', '-q', '-p', 'bowerbird-recipes', '--example', 'als']);
  if (!existsSync(PYTHON)) await command(['python3', '-m', 'venv', VENV]);
  await command([PYTHON, '-m', 'pip', 'install', '-q', `implicit==${VERSION}`, 'numpy', 'scipy']);
  const ours = join(root, 'target', 'release', 'examples', 'als');
  // Settings of the machine must not slow the rival.
  const env = [
    'env',
    '-u',
    'OPENBLAS_CORETYPE',
    '-u',
    'OPENBLAS_L2_SIZE',
    'OPENBLAS_NUM_THREADS=1', // as its documentation advises
  ];
  const rows = splits.flatMap((split) => {
    const said = output([...env, PYTHON, join(root, 'bench', 'als', 'compare.py'), ours, split]);
    if (said === null) throw new Error(`${split}: the comparison failed`);
    const sides = said.trim().split('\n').map(JSON.parse);
    const most = Math.max(...sides.map((side) => side.cpu));
    return sides.map(({ who, ridge, confidence, sweeps, cpu, wall, peak, ndcg, error, goal }) => [
      split,
      who,
      `${ridge}, ${confidence}`,
      sweeps,
      cpu.toFixed(2),
      (most / cpu).toFixed(2),
      (wall * 1000).toFixed(0),
      (peak / 1e6).toFixed(0),
      `${ndcg.toFixed(4)} ± ${error.toFixed(4)}`,
      goal.toFixed(4),
    ]);
  });
  return {
    title: 'Implicit ALS, 64 dimensions, until the mean NDCG@10 is within 1 % of the best of the rival',
    columns: [
      'data',
      'who',
      'λ, α',
      'sweeps',
      'CPU s',
      'times as fast',
      'ms on two threads',
      'peak MB',
      'NDCG@10',
      'goal',
    ],
    rows,
  };
}
