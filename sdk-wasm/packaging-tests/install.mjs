// The bundlers, once; the tarball and the projects, anew with every run.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..');
/** Beneath this folder, so that the projects find the bundlers and React by looking upwards. */
export const out = join(here, 'out');

/** Leaves in `out` the projects, and the package as npm installs it from its tarball. */
export function install() {
  installBundlers();
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
  cpSync(join(here, 'projects'), out, { recursive: true });
  writeFileSync(join(out, 'package.json'), '{ "private": true, "type": "module" }');
  const [{ filename }] = JSON.parse(npm(root, 'pack', '--json', '--pack-destination', out));
  npm(out, 'install', '--offline', '--no-audit', '--no-fund', './' + filename);
}

function installBundlers() {
  const installed = join(here, 'node_modules/.package-lock.json');
  const isFresh = existsSync(installed) && modified(installed) >= modified(join(here, 'package-lock.json'));
  if (!isFresh) npm(here, 'ci', '--no-audit', '--no-fund');
}

const modified = (path) => statSync(path).mtimeMs;

function npm(cwd, ...args) {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
