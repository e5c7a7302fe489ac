// What becomes of numbered events when something goes wrong, of ours and of other trackers', in a real browser.
//
//     npm run bench -- faults [--trackers a,b] [--scenarios s,t] [--repetitions 3] [--parallel 2]
//
// What is measured of ours is what was built (npm run build). What an earlier call has measured stays in
// bench-out/faults.json until it is measured again; `node bench/faults/page.mjs` makes docs/faults.md of it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { choosePort } from '../scripts/demo/server.mjs';
import { root } from '../scripts/processes.mjs';
import { SCENARIOS } from './faults/scenarios.mjs';
import { OwnServer } from './faults/services.mjs';
import { Stage } from './faults/stage.mjs';
import { bundle, install, trackers, version } from './rivals/index.mjs';

const OURS = 'bowerbird';
const EVENTS = 200;
/** A page that is being used has so long to bring everything home: one longest wait of most trackers. */
const STAY_MS = 60_000;
/** One more visit lasts so long, and at least a few seconds: what it sends again must be seen. */
const VISIT_MS = 20_000;
const SHORTEST_VISIT_MS = 4000;
/** After the visitor has left, for what is still on its way. */
const AWAY_MS = 2000;
/** Slower than the slowest scenario with the slowest tracker: something hangs. */
const HANGING_MS = 240_000;

const OPTIONS = {
  trackers: { type: 'string', default: Object.keys(trackers).join() },
  scenarios: { type: 'string', default: Object.keys(SCENARIOS).join() },
  repetitions: { type: 'string', default: '1' },
  parallel: { type: 'string', default: '2' },
};
const COLUMNS = [
  'tracker',
  'version',
  'scenario',
  'repetition',
  'events',
  'before',
  'after',
  'repeats',
  'duplicates',
  'date',
  'browser',
  'commit',
];
/** What the columns from `before` on hold of a run that did not end. */
const FAILED = [null, null, null, null];

export async function run(args = []) {
  const { values } = parseArgs({ args, options: OPTIONS });
  const data = mkdtempSync(join(tmpdir(), 'bowerbird-faults-'));
  const named = values.trackers.split(',');
  if (named.some((name) => name !== OURS)) install();
  const own = named.includes(OURS) ? await OwnServer.start(data, await choosePort()) : null;
  try {
    const plays = await rehearse(values);
    const rows = await inParallel(plays, Number(values.parallel), (play) => perform(play, own));
    return { title: 'Numbered events under faults', columns: COLUMNS, rows: [...kept(rows), ...rows] };
  } finally {
    await own?.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

/** Every run that is wanted, one repetition of all before the next, with the bundles made. */
async function rehearse({ trackers, scenarios, repetitions }) {
  const cells = [];
  for (const name of trackers.split(',')) {
    const folder = await bundle(name);
    cells.push(...scenarios.split(',').map((scenario) => ({ name, scenario, bundle: folder })));
  }
  const times = Array.from({ length: Number(repetitions) }, (_, at) => at + 1);
  return times.flatMap((repetition) => cells.map((cell) => ({ ...cell, repetition })));
}

async function inParallel(plays, lanes, perform) {
  const waiting = plays.values();
  const rows = [];
  const lane = async () => {
    for (const play of waiting) rows.push(await perform(play));
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return rows;
}

/** A row. Where the run itself failed, its numbers are missing. */
async function perform({ name, scenario, repetition, bundle }, own) {
  const { events = EVENTS, policy, script, play } = SCENARIOS[scenario];
  const stage = await Stage.build(name, { own, bundle, events, policy, script });
  const { version: browser } = stage.browser;
  let numbers = FAILED;
  try {
    numbers = await Promise.race([measure(stage, play), hangs()]);
  } catch (error) {
    console.error(error);
  } finally {
    await stage.close();
  }
  const date = new Date().toISOString().slice(0, 10);
  const row = [name, version(name), scenario, repetition, events, ...numbers, date, browser, commit(name)];
  console.log(row.join('  '));
  return row;
}

/** Of what was last changed in our package and in what takes its events. */
function commit(name) {
  const last = ['log', '-1', '--format=%h', '--', 'sdk-wasm', 'sdk-server', 'store'];
  return name === OURS ? execFileSync('git', last, { cwd: root, encoding: 'utf8' }).trim() : null;
}

/** Unique events taken before and after one more visit, repeats among them, and duplicates that the server kept. */
async function measure(stage, play) {
  const page = await play(stage);
  await stage.arrival(page, page ? STAY_MS : AWAY_MS);
  if (!page) await pause(AWAY_MS);
  const before = stage.gate.counts().events;
  await visitAgain(stage, page);
  const { events: after, repeats } = stage.gate.counts();
  return [before, after, repeats, await stage.duplicates()];
}

async function visitAgain(stage, page) {
  if (page) await stage.load(page);
  const visit = page ?? (await stage.open());
  await Promise.all([stage.arrival(visit, VISIT_MS), pause(SHORTEST_VISIT_MS)]);
}

async function hangs() {
  await pause(HANGING_MS, null, { ref: false });
  throw new Error(`a run takes longer than ${HANGING_MS} ms`);
}

/** Rows of earlier calls, except of what has been measured now. */
function kept(rows) {
  const file = join(root, 'bench-out/faults.json');
  if (!existsSync(file)) return [];
  const measured = new Set(rows.map(([tracker, , scenario]) => `${tracker} ${scenario}`));
  const earlier = JSON.parse(readFileSync(file, 'utf8')).rows;
  const stays = ({ tracker, scenario }) => !measured.has(`${tracker} ${scenario}`);
  return earlier.filter(stays).map((row) => COLUMNS.map((column) => row[column]));
}
