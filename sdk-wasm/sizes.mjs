/** What a page loads: use of the package → bytes raw, gzip and brotli. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));

/** Of the last build. */
export function measure() {
  const { outputs } = JSON.parse(readFileSync(join(here, 'pkg/bundle.json'), 'utf8'));
  const sizeOf = (...sources) => sum(new Set(sources.flatMap((source) => [...loadedBy(outputs, source)])));
  const critical = ['js/index.ts'];
  const track = [...critical, 'js/background.ts'];
  const sizes = {
    'critical path': sizeOf(...critical),
    track: sizeOf(...track),
    'track, strict CSP': sizeOf(...track, 'js/queue-js.ts'),
    'track and autotrack': sizeOf(...track, 'js/autotrack.ts'),
    'track and rank': sizeOf(...track, 'js/ranker.ts'),
    'track and rank with dials': sizeOf(...track, 'dials:js/ranker-dials.ts'),
  };
  const { track: base, 'track and rank': both } = sizes;
  const alone = Object.keys(base).map((form) => [form, both[form] - base[form]]);
  return { ...sizes, 'rank alone': Object.fromEntries(alone) };
}

/** A file and all that it imports at once; what it may import later is an entry of its own. */
function loadedBy(outputs, source) {
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

function sum(files) {
  const sum = { raw: 0, gzip: 0, brotli: 0 };
  for (const file of files) {
    const bytes = readFileSync(join(here, file));
    sum.raw += bytes.length;
    sum.gzip += gzipSync(bytes, { level: 9 }).length;
    sum.brotli += brotliCompressSync(bytes).length;
  }
  return sum;
}
