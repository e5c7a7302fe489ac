// How soon a page has ranked 200 candidates of a large catalogue for the first time, with an empty cache and over the
// network of a phone: with the items that it ranks, and with the whole pack.
//
//     npm run bench -- parts [--sizes 10000,100000,1000000] [--mbit 9] [--rtt 85]
//
// The packs and parts are those that the server makes, which lie ready: it is waited for as long as cutting a part took.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';

import { root } from '../scripts/processes.mjs';
import { chromium as findChromium } from '../scripts/requirements.mjs';

const OPTIONS = {
  sizes: { type: 'string', default: '10000,100000,1000000' },
  /** What WebPageTest and Lighthouse call 4G. */
  mbit: { type: 'string', default: '9' },
  rtt: { type: 'string', default: '85' },
};
const CANDIDATES = 200;
/** Beyond what 200 MB take. */
const PATIENCE_MS = 400_000;
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

export async function run(args = []) {
  const { values } = parseArgs({ args, options: OPTIONS });
  const packs = mkdtempSync(join(tmpdir(), 'bowerbird-parts-'));
  try {
    const cuts = cut(packs, values.sizes.split(','));
    const site = await serve(packs, cuts);
    const browser = await chromium.launch({ executablePath: findChromium(), args: QUIET });
    const rows = [];
    for (const { n } of cuts) {
      for (const how of ['parts', 'whole']) {
        const { bytes, ms } = await visit(browser, site, {
          n,
          how,
          mbit: Number(values.mbit),
          rtt: Number(values.rtt),
        });
        rows.push([n, how, bytes, (ms / 1000).toFixed(2)]);
        console.log(rows.at(-1).join('  '));
      }
    }
    await browser.close();
    site.close();
    return {
      title: `From an empty cache to ${CANDIDATES} ranked candidates, ${values.mbit} Mbit/s, ${values.rtt} ms`,
      columns: ['items', 'how', 'bytes', 's'],
      rows,
    };
  } finally {
    rmSync(packs, { recursive: true });
  }
}

/** Makes the packs; gives how many milliseconds it took to cut a part of each. */
function cut(packs, sizes) {
  const example = ['run', '--quiet', '--release', '-p', 'bowerbird-ranker', '--example', 'rank_speed', '--'];
  const lines = execFileSync('cargo', [...example, 'parts', packs, ...sizes], { cwd: root, encoding: 'utf8' });
  const numbers = lines
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number));
  return numbers.map(([n, , , , ms]) => ({ n, ms }));
}

/** The campaigns `parts-N` and `whole-N`, and the package. Counts the bytes of packs. */
async function serve(packs, cuts) {
  const site = { sent: 0 };
  const server = createServer(async ({ url }, answer) => {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const [, how, n] = /^\/device\/campaigns\/(parts|whole)-(\d+)\/pack$/.exec(pathname) ?? [];
    const script = /^\/rank\/([\w-]+\.js)$/.exec(pathname)?.[1];
    if (script) {
      const body = gzipSync(readFileSync(join(root, 'sdk-wasm/dist/rank', script)));
      return answer.writeHead(200, { 'Content-Type': 'text/javascript', 'Content-Encoding': 'gzip' }).end(body);
    }
    if (!n) return answer.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>Shop</title>');
    const headers = { 'Content-Type': 'application/octet-stream', 'Cache-Control': 'no-cache', ETag: `"${n}"` };
    let body = readFileSync(
      join(packs, `${n}${how === 'whole' ? '' : searchParams.has('items') ? '.named' : '.popular'}.bbp`),
    );
    if (how === 'parts') {
      await pause(cuts.find((cut) => cut.n === Number(n)).ms);
      body = gzipSync(body);
      Object.assign(headers, { 'Content-Encoding': 'gzip', 'Bowerbird-Catalogue': n });
    }
    site.sent += body.length;
    answer.writeHead(200, { ...headers, 'Content-Length': body.length }).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  site.url = `http://127.0.0.1:${server.address().port}/`;
  site.close = () => server.close();
  return site;
}

async function visit(browser, site, { n, how, mbit, rtt }) {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(site.url);
  const devtools = await context.newCDPSession(page);
  const throughput = (mbit * 1e6) / 8;
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: rtt,
    downloadThroughput: throughput,
    uploadThroughput: throughput,
  });
  site.sent = 0;
  // Those that the example named.
  const ids = Array.from({ length: CANDIDATES }, (_, at) => at * (n / CANDIDATES) + (at % 7));
  const ms = await page.evaluate(firstList, [`${how}-${n}`, ids.map((id) => `item-${String(id).padStart(7, '0')}`)]);
  await context.close();
  return { bytes: site.sent, ms };
}

/** Runs in the page. */
async function firstList([campaign, ids]) {
  const start = performance.now();
  const { openRanker } = await import('/rank/index.js');
  return new Promise((resolve, reject) => {
    const ranker = openRanker({
      campaign,
      onError: reject,
      onReady() {
        const { where } = ranker.rank(ids, { k: 20 });
        if (where === 'device' && ids.every((id) => ranker.item(id))) resolve(performance.now() - start);
      },
    });
  });
}
