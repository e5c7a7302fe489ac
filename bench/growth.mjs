// What training costs as data grow: user personalization from 100 thousand interactions on, three times as many in each
// step. Usage: npm run bench -- growth [MAXIMUM [NAME=VALUE …]], 30 million unless MAXIMUM is given; a second series is
// without the encoder. Draws bench-out/growth.svg. Linux only; the largest step takes 5 GB and two minutes of CPU without the encoder.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { output, root, run as command } from '../scripts/processes.mjs';
import { lines } from './plot/lines.mjs';

const STEPS = [100_000, 300_000, 1_000_000, 3_000_000, 10_000_000, 30_000_000];
const SERIES = [
  { name: 'without the encoder', settings: ['encoder_seconds=0'] },
  { name: 'with the encoder', settings: [] },
];

export async function run([maximum = String(STEPS.at(-1)), ...settings]) {
  await command(['cargo', 'build', '--release', '-q', '-p', 'bowerbird-recipes', '--example', 'growth']);
  const program = join(root, 'target', 'release', 'examples', 'growth');
  const steps = STEPS.filter((step) => step <= Number(maximum));
  const measured = SERIES.flatMap((series) =>
    steps.map((events) => {
      const said = output([program, String(events), ...series.settings, ...settings]);
      if (said === null) throw new Error(`${events} interactions: training failed`);
      const [items, users, cpu, wall, peak] = said.trim().split(' ').map(Number);
      console.log(`${series.name}: ${events} interactions in ${cpu} s of CPU`);
      return { series: series.name, events, items, users, cpu, wall, peak };
    }),
  );
  const drawn = SERIES.map(({ name }) => ({
    name,
    points: measured.filter((row) => row.series === name).map((row) => [row.events, row.cpu]),
  }));
  // From the first point on: what is above this line grows faster than the data.
  const [[first, cost]] = drawn[0].points;
  const linear = { name: 'linear', points: steps.map((events) => [events, (cost * events) / first]) };
  mkdirSync(join(root, 'bench-out'), { recursive: true });
  const picture = lines({ x: 'interactions', y: 'CPU s', series: [...drawn, linear], isLog: true });
  writeFileSync(join(root, 'bench-out', 'growth.svg'), picture);
  return {
    title: 'User personalization as data grow (CPU of all threads, memory with the interactions)',
    columns: [
      'what',
      'interactions',
      'items',
      'users',
      'CPU s',
      'µs per interaction',
      'wall s',
      'peak MB',
      'bytes per interaction',
    ],
    rows: measured.map(({ series, events, items, users, cpu, wall, peak }) => [
      series,
      events,
      items,
      users,
      cpu.toFixed(1),
      ((cpu * 1e6) / events).toFixed(1),
      wall.toFixed(1),
      (peak / 1e6).toFixed(0),
      (peak / events).toFixed(0),
    ]),
  };
}
