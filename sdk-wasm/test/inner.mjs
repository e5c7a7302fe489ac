/** The sources behind the entry point, bundled for Node, for tests that replace a part. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

export async function inner(source) {
  const folder = mkdtempSync(join(tmpdir(), 'bowerbird-'));
  const outfile = join(folder, 'inner.mjs');
  await build({
    absWorkingDir: root,
    entryPoints: [source],
    outfile,
    bundle: true,
    format: 'esm',
    logLevel: 'warning',
  });
  const found = await import(outfile);
  rmSync(folder, { recursive: true });
  return found;
}

/** Storage that outlives a tracker like a database does, and shows what is in it. */
export class MemoryDisk {
  chunks = new Map();
  history = [];

  open = async () => ({
    read: async (from, what) => {
      const values = from === 'log' ? [...this.chunks.values()] : [...this.history];
      return what === 'getAll' ? values : [...values.keys()];
    },
    write: ({ add = [], forget = [], observed = [], forgetBefore }) => {
      add.forEach((chunk) => this.chunks.set(chunk.key, structuredClone(chunk)));
      forget.forEach((key) => this.chunks.delete(key));
      if (forgetBefore) this.history = this.history.filter((_, at) => at >= forgetBefore);
      this.history.push(...observed);
    },
    close() {},
  });
}
