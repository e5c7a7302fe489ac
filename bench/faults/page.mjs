// `node bench/faults/page.mjs`: bench-out/faults.json as docs/faults.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { root } from '../../scripts/processes.mjs';
import { trackers } from '../rivals/index.mjs';
import { SCENARIOS } from './scenarios.mjs';

const { rows, machine } = JSON.parse(readFileSync(join(root, 'bench-out/faults.json'), 'utf8'));
const names = Object.keys(trackers).filter((name) => rows.some(({ tracker }) => tracker === name));
const [forAll, more] = [undefined, 'more'].map((group) =>
  Object.keys(SCENARIOS).filter((scenario) => SCENARIOS[scenario].group === group),
);

writeFileSync(
  join(root, 'docs/faults.md'),
  `# What becomes of events when something goes wrong

Made by \`npm run bench -- faults\` and \`node bench/faults/page.mjs\`, never by hand. A visitor in a real Chromium records numbered events (${SCENARIOS.close1.events} in \`close1\`, 200 everywhere else), something goes wrong, and what is behind it counts. Our package talks to the real server, the others to a collector that answers as their own services do.

${machine} · Commit of our package: ${commits()}

A cell is what has arrived, one number for each repetition; \`3 × 200\`: 200 in each of three. \`180 > 200\`: 180 while the visitor stayed or right after, 200 after one more visit. \`+20\`: so many copies arrived beside, which a server has to recognise as repeats. A dash: not measured; *failed*: the tracker did not start, or the run did not end. What differs between repetitions is a race; a single one shows what can be lost, not how often.

## Repeats that our server did not recognise

${duplicates()}

## Every tracker

${table(forAll)}

## More faults

${table(more)}

## The scenarios

| name | what happens |
|---|---|
${[...forAll, ...more].map((scenario) => `| ${scenario} | ${SCENARIOS[scenario].says} |`).join('\n')}

\`kill1\` is won by who writes to disk at once: the browser keeps what a page puts into localStorage in memory for up to 5 s. A page on which the visitor stays is used on: one event more every 7 s that does not count, since some trackers try again only when there is something new. It has 60 s to bring everything home, one more visit has 20 s.

## The trackers

| name | package | version | measured | Chromium | settings |
|---|---|---|---|---|---|
${names.map(tracker).join('\n')}
`,
);

/** Of all that was measured of ours; several where it was measured piece by piece. */
function commits() {
  return [...new Set(rows.map(({ commit }) => commit).filter(Boolean))].join(', ');
}

function duplicates() {
  const ours = rows.filter(({ duplicates }) => duplicates !== null && duplicates !== undefined);
  const sum = (column) => ours.reduce((total, row) => total + row[column], 0);
  return `${sum('duplicates')} of ${sum('repeats')} copies that arrived, beside ${sum('after')} events, in ${ours.length} runs.`;
}

/** A row for each tracker that was put through any of the scenarios. */
function table(scenarios) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const measured = names.filter((name) =>
    rows.some(({ tracker, scenario }) => tracker === name && scenarios.includes(scenario)),
  );
  const body = measured.map((name) => line([name, ...scenarios.map((scenario) => cell(name, scenario))]));
  return [line(['', ...scenarios]), line(['---', ...scenarios.map(() => '---')]), ...body].join('\n');
}

function cell(name, scenario) {
  const runs = rows.filter((row) => row.tracker === name && row.scenario === scenario);
  const cells = runs.map(arrived);
  const areAlike = cells.length > 1 && new Set(cells).size === 1;
  const all = cells[0]?.includes(' ') ? `(${cells[0]})` : cells[0];
  return areAlike ? `${cells.length} × ${all}` : cells.join('; ') || '–';
}

function arrived({ before, after, repeats }) {
  if (typeof after !== 'number') return '*failed*';
  return `${before === after ? after : `${before} > ${after}`}${repeats ? ` +${repeats}` : ''}`;
}

function tracker(name) {
  const { version, date, browser } = rows.findLast((row) => row.tracker === name);
  return `| ${[name, trackers[name].package, version, date, browser, trackers[name].settings].join(' | ')} |`;
}
