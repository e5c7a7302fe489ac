// The page, its scripts, what the rivals load, and the packs, from one place and isolated, so that the clock has steps
// of 5 µs.
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };
const PAGE = '<!doctype html><title>Ranking</title><script type="module" src="/dist/page.js"></script>';
const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cache-Control': 'no-store',
};

/** Serves on a free port; gives { url, close }. `packs` is the folder with `<n>.bbp`. */
export async function serve(packs) {
  const file = (path) => {
    const pack = /^\/device\/campaigns\/(\d+)\/pack$/.exec(path);
    if (pack) return join(packs, `${pack[1]}.bbp`);
    return join(here, path.replace('/modules/', 'node_modules/'));
  };
  const server = createServer(({ url }, answer) => {
    const path = new URL(url, 'http://localhost').pathname;
    if (path === '/') return answer.writeHead(200, { ...HEADERS, 'Content-Type': 'text/html' }).end(PAGE);
    const found = file(path);
    if (path.includes('..') || !existsSync(found)) return answer.writeHead(404, HEADERS).end();
    const type = TYPES[extname(found)] ?? 'application/octet-stream';
    answer.writeHead(200, { ...HEADERS, 'Content-Type': type, ETag: `"${path.replaceAll(/\W/g, '')}"` });
    createReadStream(found).pipe(answer);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
