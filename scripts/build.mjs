// `npm run build`: the npm package, the demo page and the server.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { step } from './console.mjs';
import { unlessFresh } from './fresh.mjs';
import { ensureRequirements } from './requirements.mjs';
import { root, runQuietly } from './processes.mjs';

const PACKAGE = {
  inputs: [
    'sdk-wasm',
    'wire',
    'ranker',
    'xtask',
    'Cargo.toml',
    'Cargo.lock',
    'package-lock.json',
    'tsconfig.base.json',
  ],
  outputs: ['sdk-wasm/dist'],
};
const DEMO = { inputs: [...PACKAGE.inputs, 'www/demo'], outputs: ['www/demo/dist/index.html'] };

const note = (ran) => (ran ? '' : 'unchanged');

export async function ensureNodeModules() {
  const lock = modified('package-lock.json');
  const installed = modified('node_modules/.package-lock.json');
  if (installed > 0 && installed >= lock) return;
  await step('npm packages', (report) =>
    runQuietly(['npm', lock > 0 ? 'ci' : 'install', '--no-audit', '--no-fund'], {
      onLine: (phase) => report({ phase }),
    }),
  );
}

export async function build() {
  await step('npm package (wasm)', async (report) =>
    note(
      await unlessFresh('package', PACKAGE, () =>
        runQuietly(['npm', 'run', 'build', '-w', 'sdk-wasm'], { onLine: (phase) => report({ phase }) }),
      ),
    ),
  );
  await step('demo page', async (report) =>
    note(
      await unlessFresh('demo', DEMO, () =>
        runQuietly(['npm', 'run', 'build', '-w', 'www/demo'], { onLine: (phase) => report({ phase }) }),
      ),
    ),
  );
  await step('server', (report) =>
    runQuietly(['cargo', 'build', '--release', '-p', 'bowerbird-server'], { onLine: (phase) => report({ phase }) }),
  );
}

function modified(path) {
  return existsSync(join(root, path)) ? statSync(join(root, path)).mtimeMs : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await ensureRequirements();
    await ensureNodeModules();
    await build();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
