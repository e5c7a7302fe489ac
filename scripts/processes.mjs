// Running other programs. Plain Node: this works before `npm install`.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '');

/** Where `cargo build --release` leaves a program. */
export function program(name) {
  return join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'release', name);
}

/** The server. */
export function serverBinary() {
  return program('bowerbird');
}

/** Runs a program with its own output on the screen; resolves to its exit code. */
export function run([program, ...args], { env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
    child.on('error', (error) => {
      console.error(`${program} does not start: ${error.message}`);
      resolve(127);
    });
    child.on('exit', (code, signal) => resolve(signal ? 128 : code));
  });
}

/** Runs a program silently; resolves to nothing, or throws with all that it said. */
export function runQuietly([program, ...args], { onLine = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const hear = (chunk) => {
      said += chunk;
      onLine(said.trimEnd().split('\n').at(-1).trim());
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', (error) => reject(new Error(`${program} does not start: ${error.message}`)));
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${[program, ...args].join(' ')} failed:\n${said.trimEnd()}`)),
    );
  });
}

/** What a program prints, or null when it is missing or fails. */
export function output([program, ...args]) {
  const result = spawnSync(program, args, { cwd: root, encoding: 'utf8' });
  return result.status === 0 ? result.stdout.trim() : null;
}
