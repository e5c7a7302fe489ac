// How long a ranking takes in a page, ours beside plain JavaScript, TensorFlow.js and ONNX Runtime Web, and beside the
// native build of the same call, in one run on the same items.
//
//     npm run bench -- ranker [--contenders plain,tfjs,ort] [--sizes 100,1000,10000,100000]
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
    return await compare(names, sizes, packs);
  } finally {
    rmSync(packs, { recursive: true });
  }
}

async function bundle(names) {
  await build({
    entryPoints: ['page', 'ours', ...names].map((name) => here(`${name}.js`)),
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

async function compare(names, sizes, packs) {
  const native = speeds(packs, sizes);
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
        'of it, the user vector',
        ours.map(({ update }) => update),
      ),
    );
    rows.push(
      row(
        'opening the pack (ms)',
        ours.map(({ open }) => open),
      ),
    );
    return {
      title: 'The 20 best of n candidates of 64 dimensions, µs, best of the samples',
      columns: ['what', ...sizes],
      rows,
    };
  } finally {
    await browser.close();
    site.close();
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
