// What it is worth to follow a visitor from click to click: `npm run bench -- visits EVENTS [valid]`, where EVENTS is a
// table with user, item and ts first. See recipes/examples/visits.rs for how it is judged. Draws bench-out/visits.svg.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { output, root } from '../scripts/processes.mjs';
import { lines } from './plot/lines.mjs';

export async function run(options) {
  if (options.length === 0) throw new Error('name a table of events with user, item and ts');
  const said = output([
    'cargo',
    'run',
    '--release',
    '-q',
    '-p',
    'bowerbird-recipes',
    '--example',
    'visits',
    '--',
    ...options,
  ]);
  if (said === null) throw new Error(`${options[0]}: the events could not be judged`);
  const ways = said
    .trim()
    .split('\n')
    .map((line) => line.split('\t'))
    .map(([name, ndcg, hits, ...byPlace]) => ({ name, ndcg, hits, byPlace }));
  const folder = join(root, 'bench-out');
  mkdirSync(folder, { recursive: true });
  const series = ways.map(({ name, byPlace }) => ({
    name,
    points: byPlace.map((gain, place) => [place + 1, Number(gain)]),
  }));
  writeFileSync(join(folder, 'visits.svg'), lines({ x: 'event of the visit', y: 'NDCG@10', series }));
  return {
    title: 'The next event of a visit, among everything unseen',
    columns: ['way', 'NDCG@10', 'HR@10', 'first event', 'last event'],
    rows: ways.map(({ name, ndcg, hits, byPlace }) => [name, ndcg, hits, byPlace[0], byPlace.at(-1)]),
  };
}
