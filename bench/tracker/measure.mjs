// One measurement: a browser without a past, a page whose tracker has started and come to rest, and 1,000 events.
import { setTimeout as pause } from 'node:timers/promises';

import { Browser } from '../faults/browser.mjs';
import { Gate } from '../faults/gate.mjs';
import { stranger } from '../faults/services.mjs';
import { Site } from '../faults/site.mjs';
import { certificate, trackers } from '../rivals/index.mjs';

export const EVENTS = 1000;
const PAGE = new URL('page.js', import.meta.url);
/** A tracker that has just started still asks for its configuration, and one that has sent still reads the answer. */
const REST_MS = 1200;
/** What has not arrived so long after the last call counts as not accepted. */
const PATIENCE_MS = 15_000;

/** `rhythm`: a function of page.js. Times of calls are in microseconds, `cpu` and `bytes` are those of one event. */
export async function measure(name, { bundle, rhythm }) {
  const { chromium, https, ...tracker } = trackers[name] ?? {};
  const wire = new Wire(stranger(tracker));
  const gate = new Gate(wire.service, https ? certificate() : null);
  await gate.open();
  const site = await Site.start({ bundle, endpoint: gate.url, policy: 'isolated', page: PAGE });
  const browser = new Browser(chromium?.(gate.port) ?? []);
  try {
    await browser.start();
    return await record(await ready(browser, site), { rhythm, gate, wire });
  } finally {
    await browser.close();
    await site.close();
    await gate.close();
  }
}

async function ready(browser, site) {
  const page = await browser.context.newPage();
  await page.goto(site.url);
  await page.waitForSelector('html[data-ready]', { state: 'attached' });
  await pause(REST_MS);
  return page;
}

async function record(page, { rhythm, gate, wire }) {
  const cpuMicros = await mainThread(page);
  wire.reset();
  const before = await cpuMicros();
  const calls = await page.evaluate(([rhythm, count]) => bench[rhythm](count), [rhythm, EVENTS]);
  await arrival(gate);
  const accepted = gate.counts().events;
  return {
    mean: calls.reduce((sum, micros) => sum + micros, 0) / EVENTS,
    median: median(calls),
    p95: quantile(calls, 0.95),
    cpu: ((await cpuMicros()) - before) / EVENTS,
    longest: await page.evaluate(() => bench.longestTask()),
    requests: wire.requests,
    bytes: wire.bytes / Math.max(1, accepted),
    accepted,
  };
}

/** A function that tells how much CPU the page's main thread has taken, whatever else the machine does. */
async function mainThread(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration').value * 1e6;
  };
}

async function arrival(gate) {
  const deadline = Date.now() + PATIENCE_MS;
  while (gate.counts().events < EVENTS && Date.now() < deadline) await pause(50);
  await pause(REST_MS);
}

/** Counts what goes to a service: every request, also those that only ask whether they may. */
class Wire {
  requests = 0;
  bytes = 0;
  #service;

  constructor(service) {
    this.#service = service;
  }

  reset() {
    this.requests = 0;
    this.bytes = 0;
  }

  service = (request, body, numbers) => {
    this.requests += 1;
    this.bytes += headBytes(request) + body.length;
    return this.#service(request, body, numbers);
  };
}

/** What the head of a request takes as HTTP/1.1, before TLS. */
function headBytes({ method, url, rawHeaders }) {
  const separators = rawHeaders.length * 2; // ": " after a name, the line's end after a value
  return `${method} ${url} HTTP/1.1\r\n\r\n`.length + rawHeaders.join('').length + separators;
}

export const median = (values) => quantile(values, 0.5);

/** The smallest value that this share of all does not exceed. */
function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1];
}
