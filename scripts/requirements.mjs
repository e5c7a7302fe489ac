// What the machine must have. As root on Debian or Ubuntu what is missing is installed; elsewhere it is named, all at once.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { output, run } from './processes.mjs';

const MIN_NODE = 20;
const TARGET = 'wasm32-unknown-unknown';
export const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** `apt` is the package that brings it, `advice` what to do where there is no apt. `tests` = not needed by npm start. */
const REQUIREMENTS = [
  {
    name: `Node ${MIN_NODE} or newer`,
    isThere: () => Number(process.versions.node.split('.')[0]) >= MIN_NODE,
    advice: 'https://nodejs.org',
  },
  {
    name: 'Rust with rustup',
    isThere: () => output(['rustup', '--version']) && output(['cargo', '--version']),
    advice: 'https://rustup.rs',
  },
  { name: 'Python 3', isThere: () => output(['python3', '--version']), apt: 'python3', advice: 'https://python.org' },
  {
    name: 'a C compiler',
    isThere: () => ['cc', 'gcc', 'clang'].some((name) => output([name, '--version'])),
    apt: 'build-essential',
    advice: 'gcc or clang',
  },
  {
    name: 'a C++ compiler',
    isThere: () => ['c++', 'g++', 'clang++'].some((name) => output([name, '--version'])),
    apt: 'build-essential',
    advice: 'g++ or clang++',
    tests: true,
  },
  {
    name: "Python's venv module",
    isThere: () => output(['python3', '-c', 'import venv, ensurepip']) !== null,
    apt: 'python3-venv',
    advice: 'python3-venv',
    tests: true,
  },
  {
    name: 'Chromium',
    isThere: () => chromium() !== null,
    apt: 'chromium',
    advice: 'chromium, or its path in BOWERBIRD_CHROMIUM',
    tests: true,
  },
];

/** The command that starts Chromium, or null. */
export function chromium() {
  if (process.env.BOWERBIRD_CHROMIUM) return process.env.BOWERBIRD_CHROMIUM;
  for (const name of CHROMIUM_NAMES) {
    const path = output(['sh', '-c', `command -v ${name}`]);
    if (path) return path;
  }
  return null;
}

/** Throws one clear line when something is missing that cannot be installed from here. */
export async function ensureRequirements({ tests = false } = {}) {
  const missing = () => REQUIREMENTS.filter((one) => (tests || !one.tests) && !one.isThere());
  const installable = missing().filter((one) => one.apt);
  if (installable.length > 0 && isRootOnDebian()) {
    console.log(`installing ${installable.map((one) => one.apt).join(', ')}`);
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    await run(['apt-get', 'update', '-qq'], { env });
    await run(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...installable.map((one) => one.apt)], {
      env,
    });
  }
  const still = missing();
  if (still.length > 0) {
    throw new Error(`missing: ${still.map((one) => `${one.name} (${one.advice})`).join('; ')}`);
  }
  await ensureWasmTarget();
}

async function ensureWasmTarget() {
  const sysroot = output(['rustc', '--print', 'sysroot']);
  if (sysroot && existsSync(join(sysroot, 'lib/rustlib', TARGET))) return;
  if ((await run(['rustup', 'target', 'add', TARGET])) !== 0) {
    throw new Error(`missing: the Rust target ${TARGET} (rustup target add ${TARGET})`);
  }
}

function isRootOnDebian() {
  const isDebian =
    existsSync('/etc/os-release') && /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
  return isDebian && process.getuid?.() === 0 && output(['apt-get', '--version']) !== null;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await ensureRequirements({ tests: process.argv.includes('--tests') }).catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
