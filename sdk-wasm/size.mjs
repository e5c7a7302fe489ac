/** Prints what a page loads, as JSON: entry of the package → bytes raw, gzip and brotli. Needs a build. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const { outputs } = JSON.parse(readFileSync(join(here, 'pkg/bundle.json'), 'utf8'));

/** A file and all that it imports at once; what it may import later is an entry of its own. */
function loadedBy(source) {
  const [file] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === source);
  const files = new Set();
  const follow = (name) => {
    if (files.has(name)) return;
    files.add(name);
    for (const { path, kind } of outputs[name].imports) if (kind === 'import-statement') follow(path);
  };
  follow(file);
  return files;
}

function measure(...sources) {
  const files = new Set(sources.flatMap((source) => [...loadedBy(source)]));
  const sum = { raw: 0, gzip: 0, brotli: 0 };
  for (const file of files) {
    const bytes = readFileSync(join(here, file));
    sum.raw += bytes.length;
    sum.gzip += gzipSync(bytes, { level: 9 }).length;
    sum.brotli += brotliCompressSync(bytes).length;
  }
  return sum;
}

const critical = ['js/index.ts'];
const track = [...critical, 'js/queue-wasm.ts'];
const sizes = {
  'critical path': measure(...critical),
  track: measure(...track),
  'track, strict CSP': measure(...critical, 'js/queue-js.ts'),
  'track and autotrack': measure(...track, 'js/autotrack.ts'),
  'track and rank': measure(...track, 'js/ranker.ts'),
};
const { track: base, 'track and rank': both } = sizes;
sizes['rank alone'] = Object.fromEntries(Object.keys(base).map((form) => [form, both[form] - base[form]]));
console.log(JSON.stringify(sizes, null, 2));
