// Skips a build whose inputs have not changed since it last succeeded. Cargo decides for Rust on its own.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { root } from './processes.mjs';

/** What builds and `npm pack` leave beside the sources. */
const SKIPPED = new Set(['node_modules', 'dist', 'pkg', 'target', 'out', 'LICENSE-MIT', 'LICENSE-APACHE']);

/** Runs `build` unless `inputs` are as they were and `outputs` exist. Resolves to whether it ran. */
export async function unlessFresh(name, { inputs, outputs }, build) {
  const stamp = join(root, 'target/stamps', name);
  const now = fingerprint(inputs);
  const isFresh =
    outputs.every((path) => existsSync(join(root, path))) && existsSync(stamp) && readFileSync(stamp, 'utf8') === now;
  if (isFresh) return false;
  await build();
  mkdirSync(join(root, 'target/stamps'), { recursive: true });
  writeFileSync(stamp, now);
  return true;
}

function fingerprint(inputs) {
  const hash = createHash('sha256');
  for (const path of inputs) visit(path, hash);
  return hash.digest('hex');
}

function visit(path, hash) {
  const stats = statSync(join(root, path), { throwIfNoEntry: false });
  if (!stats) return;
  if (!stats.isDirectory()) {
    hash.update(`${path} ${stats.size} ${stats.mtimeMs}\n`);
    return;
  }
  for (const name of readdirSync(join(root, path)).sort()) {
    if (!SKIPPED.has(name) && !name.startsWith('.')) visit(`${path}/${name}`, hash);
  }
}
