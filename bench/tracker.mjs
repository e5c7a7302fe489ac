// What it costs a page to record 1,000 events, with our tracker and with others, in a real browser, in one run.
//
//     npm run bench -- tracker [--trackers a,b] [--repetitions 3]
//
// CPU is that of the page's main thread, less what the page takes without a tracker; other programs do not count in it,
// but they do in the times of calls and tasks, which are the clock's.
import { parseArgs } from 'node:util';

import { runQuietly } from '../scripts/processes.mjs';
import { bundle, install, version } from './rivals/index.mjs';
import { EVENTS, measure, median } from './tracker/measure.mjs';

const RHYTHMS = ['burst', 'paced'];
/** The adapter without a tracker. */
const FLOOR = 'nothing';
const OPTIONS = {
  trackers: { type: 'string', default: 'bowerbird,snowplow,posthog,amplitude,segment,glean' },
  // The middle one is shown: of three, one is often an outlier on a machine that does other things.
  repetitions: { type: 'string', default: '3' },
};
const COLUMNS = [
  'tracker',
  'rhythm',
  'µs/call, mean',
  'median',
  'p95',
  'CPU µs/event',
  'longest task (ms)',
  'requests',
  'B/event',
  'accepted',
];

export async function run(args = []) {
  const { values } = parseArgs({ args, options: OPTIONS });
  const names = values.trackers.split(',');
  await runQuietly(['npm', 'run', 'build', '-w', 'sdk-wasm']);
  install();
  const results = await measureAll([FLOOR, ...names], Number(values.repetitions));
  const floors = RHYTHMS.map((rhythm) => `${rhythm} ${Math.round(middle(results, FLOOR, rhythm).cpu)}`);
  return {
    title: `${EVENTS} events, median of ${values.repetitions}; the page alone, CPU µs/event: ${floors.join(', ')}`,
    columns: COLUMNS,
    rows: RHYTHMS.flatMap((rhythm) => names.map((name) => row(results, name, rhythm))),
  };
}

/** Trackers take turns, so that a busy minute of the machine hits all of them alike. */
async function measureAll(names, repetitions) {
  const bundles = new Map();
  for (const name of names) bundles.set(name, await bundle(name));
  const round = RHYTHMS.flatMap((rhythm) => names.map((name) => ({ name, rhythm })));
  const results = [];
  for (const { name, rhythm } of Array(repetitions).fill(round).flat()) {
    results.push({ name, rhythm, quantities: await measure(name, { bundle: bundles.get(name), rhythm }) });
  }
  return results;
}

function row(results, name, rhythm) {
  const floor = middle(results, FLOOR, rhythm);
  const own = middle(results, name, rhythm);
  const times = [own.median, own.p95, own.cpu - floor.cpu].map(Math.round);
  const traffic = [own.requests, own.bytes, own.accepted].map(Math.round);
  const longest = Math.round(own.longest) || '< 50';
  return [`${name} ${version(name)}`, rhythm, own.mean.toFixed(1), ...times, longest, ...traffic];
}

/** The median of every quantity by itself. */
function middle(results, name, rhythm) {
  const same = results.filter((one) => one.name === name && one.rhythm === rhythm).map(({ quantities }) => quantities);
  return Object.fromEntries(Object.keys(same[0]).map((key) => [key, median(same.map((one) => one[key]))]));
}
