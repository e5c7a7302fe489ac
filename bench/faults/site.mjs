// The shop whose page records: an origin of its own, which is up whatever happens to the events.
import http from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Headers that come with every file of the shop. */
const POLICIES = {
  /** Its own scripts, no eval, no WebAssembly. */
  strict: (endpoint) => ({
    'content-security-policy': `default-src 'none'; script-src 'self'; connect-src 'self' ${endpoint}`,
  }),
  /** Alone in its process: the browser's clock then has steps of 5 µs instead of 100. */
  isolated: () => ({
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  }),
};

/** The page, unless another one is named. */
const PAGE = new URL('page.js', import.meta.url);

const HTML =
  '<!doctype html><title>A shop</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';
const ELSEWHERE = '<!doctype html><title>Elsewhere</title><link rel="icon" href="data:,">';

export class Site {
  #server;
  /** Chunks that the entry point imports later are missing, as after a deployment that removed them. */
  chunksMissing = false;

  /** `bundle`: folder of the tracker's files, of which index.js is the entry. `policy`: a name of POLICIES. */
  static async start({ bundle, endpoint, settings, policy, page = PAGE }) {
    const site = new Site();
    const headers = POLICIES[policy]?.(endpoint) ?? {};
    const files = {
      '/': ['text/html', HTML],
      '/elsewhere': ['text/html', ELSEWHERE],
      '/page.js': ['text/javascript', pageScript(page, { endpoint, ...settings })],
      '/worker.js': ['text/javascript', readFileSync(new URL('worker.js', import.meta.url))],
    };
    site.#server = http.createServer(({ url }, response) => {
      const [type, body] = files[url] ?? site.#script(bundle, url) ?? [];
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': type ?? 'text/plain', ...headers });
      response.end(body);
    });
    await new Promise((resolve) => site.#server.listen(0, '127.0.0.1', resolve));
    return site;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  close() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  #script(bundle, url) {
    const name = /^\/tracker\/([\w.-]+\.js)$/.exec(url)?.[1];
    if (!name || (this.chunksMissing && name !== 'index.js')) return null;
    try {
      return ['text/javascript', readFileSync(join(bundle, name))];
    } catch {
      return null;
    }
  }
}

function pageScript(page, options) {
  const source = readFileSync(page, 'utf8');
  return source.replace('OPTIONS', JSON.stringify(options));
}
