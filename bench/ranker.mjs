// How long a ranking takes in a page, ours beside plain JavaScript, TensorFlow.js and ONNX Runtime Web, and beside the
// native build of the same call, in one run on the same items.
//
//     npm run bench -- ranker [--contenders plain,tfjs,ort] [--sizes 100,1000,10000,100000]
//     npm run bench -- ranker --worker 1000000        a pack for a Worker: what it takes, and what the page feels
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

import { root, runQuietly } from '../scripts/processes.mjs';
import { chromium as findChromium } from '../scripts/requirements.mjs';
import { serve } from './ranker/site.mjs';

const here = (path) => fileURLToPath(new URL(`ranker/${path}`, import.meta.url));
const OPTIONS = {
  contenders: { type: 'string', default: 'plain,tfjs,ort' },
  sizes: { type: 'string', default: '100,1000,10000,100000' },
  worker: { type: 'string' },
};
/** A larger catalogue is more than a rival's page is given time for. */
const PATIENCE_MS = 120_000;
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

export async function run(args = []) {
  const { values } = parseArgs({ args, options: OPTIONS });
  const [names, sizes] = [values.contenders, values.sizes].map((list) => list.split(',').filter(Boolean));
  await runQuietly(['npm', 'run', 'build', '-w', 'sdk-wasm']);
  if (!existsSync(here('node_modules/.package-lock.json')))
    execFileSync('npm', ['install', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: here('.'),
    });
  await bundle(names);
  const packs = mkdtempSync(join(tmpdir(), 'bowerbird-packs-'));
  try {
    return await (values.worker ? besideWorker(values.worker, packs) : compare(names, sizes, packs));
  } finally {
    rmSync(packs, { recursive: true });
  }
}

async function bundle(names) {
  await build({
    entryPoints: ['page', 'ours', 'worker', ...names].map((name) => here(`${name}.js`)),
    outdir: here('dist'),
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external: ['/dist/*'],
    logLevel: 'error',
  });
}

async function besideWorker(n, packs) {
  speeds(packs, [n]);
  const { inPage, close } = await open(packs);
  const { open: ready, rank, longest } = await inPage('inWorker', Number(n)).finally(close);
  return {
    title: `A pack of ${n} items in a Worker, ms`,
    columns: ['from nothing to ready', 'click to list', 'longest task of the page'],
    rows: [[ready.toFixed(0), rank.toFixed(1), longest ? longest.toFixed(0) : '< 50']],
  };
}

/** A browser that runs what page.js offers, each time in a page of its own. */
async function open(packs) {
  const site = await serve(packs);
  const browser = await chromium.launch({ executablePath: findChromium(), args: QUIET });
  const inPage = async (...what) => {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('console', (message) => message.type() === 'error' && console.error(message.text()));
    await page.goto(site.url);
    await page.waitForFunction(() => globalThis.bench);
    const result = await page.evaluate(([name, ...given]) => bench[name](...given), what);
    await page.close();
    return result;
  };
  const close = async () => {
    await browser.close();
    site.close();
  };
  return { inPage, close };
}

async function compare(names, sizes, packs) {
  const native = speeds(packs, sizes);
  const { inPage, close } = await open(packs);
  try {
    const ours = [];
    for (const n of sizes) ours.push(await inPage('ours', Number(n)));
    const rows = [
      row(
        'bowerbird',
        ours.map(({ rank }) => rank),
      ),
      row('the same, native', native.rank),
    ];
    for (const name of names) {
      const times = [];
      for (const n of sizes) times.push(await inPage('rival', name, Number(n)).catch(() => NaN));
      rows.push(row(name, times));
    }
    rows.push(
      row(
        'click to list, with dials',
        ours.map(({ click }) => click),
      ),
      row('the same, native', native.click),
    );
    rows.push(
      row(
        'of it, the click taken note of',
        ours.map(({ noted }) => noted),
      ),
    );
    rows.push(
      row(
        'of it, the history taken in',
        ours.map(({ update }) => update),
      ),
    );
    rows.push(
      row(
        'opening the pack (ms)',
        ours.map(({ open }) => open),
      ),
    );
    rows.push(
      row(
        'opening it for the first time (ms)',
        ours.map(({ first }) => first),
      ),
    );
    rows.push(
      row(
        'memory of the module (MB)',
        ours.map(({ memory }) => memory),
      ),
    );
    return {
      title: 'The 20 best of n candidates of 64 dimensions, µs, best of the samples',
      columns: ['what', ...sizes],
      rows,
    };
  } finally {
    await close();
  }
}

/** What the native build takes; writes the packs. */
function speeds(packs, sizes) {
  const example = ['run', '--quiet', '--release', '-p', 'bowerbird-ranker', '--example', 'rank_speed', '--'];
  const lines = execFileSync('cargo', [...example, packs, ...sizes], { cwd: root, encoding: 'utf8' })
    .trim()
    .split('\n');
  const numbers = lines.map((line) => line.split(' ').map(Number));
  return { rank: numbers.map(([, rank]) => rank), click: numbers.map(([, , click]) => click ?? NaN) };
}

const row = (name, times) => [name, ...times.map((time) => (Number.isFinite(time) ? time.toPrecision(3) : '–'))];
