/** The sources behind the entry point, bundled for Node, for tests that replace a part. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

export async function inner(source) {
  const outfile = join(mkdtempSync(join(tmpdir(), 'bowerbird-')), 'inner.mjs');
  await build({
    absWorkingDir: root,
    entryPoints: [source],
    outfile,
    bundle: true,
    format: 'esm',
    logLevel: 'warning',
  });
  return import(outfile);
}

/** Storage that outlives a tracker like a database does, and shows what is in it. */
export class MemoryDisk {
  chunks = new Map();
  history = [];

  open = async () => ({
    read: async (from) => {
      const values = from === 'log' ? [...this.chunks.values()] : [...this.history];
      return { values, keys: values.map((_, at) => at) };
    },
    write: ({ add, forget = [], observed = [], forgetHistory }) => {
      if (add) this.chunks.set(add.key, structuredClone(add));
      forget.forEach((key) => this.chunks.delete(key));
      if (forgetHistory) this.history = [];
      this.history.push(...observed);
    },
    trim: (firstKept) => void this.history.splice(0, firstKept),
    close() {},
  });
}
