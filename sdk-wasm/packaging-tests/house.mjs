// What the projects run against: a collector that remembers, a site on another origin, and a browser.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { launch } from '../../tests/browser/browser.mjs';
import { until } from '../../tests/browser/until.mjs';
import { out } from './install.mjs';

const PACK = readFileSync(new URL('../../tests/format/pack-v1.bbp', import.meta.url));
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

export class House {
  /** Events by tracking id. */
  #events = new Map();

  static async open() {
    const house = new House();
    house.collector = await listen((request, response) => house.#collect(request, response));
    house.site = await listen(serve);
    house.browser = await launch();
    return house;
  }

  async close() {
    await this.browser?.close();
    this.collector.close();
    this.site.close();
  }

  /** Opens a page under a name of its own; what the browser complains of is in `complaints`. */
  async visit(project, address) {
    const context = await this.browser.newContext();
    const page = await context.newPage();
    page.complaints = [];
    page.on('pageerror', (error) => page.complaints.push(error.message));
    page.on('console', (message) => message.type() === 'error' && page.complaints.push(message.text()));
    await page.goto(`${address}?${new URLSearchParams({ project, collector: this.collector.address })}`);
    return page;
  }

  /** Waits until so many events of a project have arrived, and gives them. */
  arrived(project, count) {
    return until(`${count} events of ${project} have arrived`, () => {
      const events = this.#events.get(project) ?? [];
      return events.length >= count && events;
    });
  }

  async #collect(request, response) {
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Expose-Headers', 'ETag, Retry-After');
    if (request.url.endsWith('/pack')) return response.setHeader('ETag', '"v1"').end(PACK);
    // A page asks for its icon wherever it is.
    if (request.method !== 'POST') return response.writeHead(404).end();
    const { trackingId, eventList } = JSON.parse(await text(request));
    this.#events.set(trackingId, [...(this.#events.get(trackingId) ?? []), ...eventList]);
    response.end(JSON.stringify({ accepted: eventList.length, duplicate: 0, invalid: [] }));
  }
}

/** Bodies are gzip where they begin like it: a header that says so would cost the page a preflight. */
async function text(request) {
  const body = Buffer.concat(await request.toArray());
  return (body.readUInt16BE() === 0x1f8b ? gunzipSync(body) : body).toString();
}

function serve({ url }, response) {
  const path = new URL(url, 'http://site').pathname;
  try {
    const body = readFileSync(join(out, path));
    response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(body);
  } catch {
    response.writeHead(path === '/favicon.ico' ? 204 : 404).end();
  }
}

async function listen(answer) {
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
