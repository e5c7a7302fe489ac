// The server as a child process.
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { root, serverBinary } from '../processes.mjs';

const READY = /listening on (http:\/\/\S+)/;
const STOP_MS = 15_000;

/** Starts the server and waits until it listens; resolves to { url, stop, exited }. */
export async function startServer({ port, data, site }) {
  mkdirSync(data, { recursive: true });
  const log = createWriteStream(join(data, 'server.log'), { flags: 'a' });
  const args = ['serve', '--listen', `127.0.0.1:${port}`, '--data', join(data, 'store')];
  // In a process group of its own, so that Ctrl-C reaches it once, through us.
  const child = spawn(serverBinary(), [...args, '--site', site], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: withoutKeys(process.env),
  });
  // Whatever ends us, short of SIGKILL, ends the server.
  process.once('exit', () => child.kill('SIGTERM'));
  const exited = new Promise((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })));
  const url = await new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk) => {
      log.write(chunk);
      if (said === null) return;
      said += chunk;
      const match = READY.exec(said);
      if (match && said.slice(match.index).includes('\n')) {
        said = null;
        resolve(match[1].replace(/\/$/, ''));
      }
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', (error) => reject(new Error(`the server does not start: ${error.message}`)));
    child.on('close', (code) => reject(new Error(`the server ended with code ${code}:\n${(said ?? '').trimEnd()}`)));
  });
  return { url, exited, stop: () => stop(child, exited) };
}

/** The demo is open, on loopback only: keys of the operator's own server would lock its page out. */
function withoutKeys({ BOWERBIRD_ACCESS_KEY_ID, BOWERBIRD_SECRET_ACCESS_KEY, ...env }) {
  return env;
}

async function stop(child, exited) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(timer);
}

/** The port that was asked for; where nobody asked for one, the first free one from 8700 on. */
export async function choosePort(asked) {
  if (asked) {
    if (await isFree(Number(asked))) return Number(asked);
    throw new Error(`port ${asked} is taken: choose another with BOWERBIRD_PORT`);
  }
  for (let port = 8700; port < 8720; port += 1) {
    if (await isFree(port)) return port;
  }
  throw new Error('ports 8700 to 8719 are taken: choose one with BOWERBIRD_PORT');
}

function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
