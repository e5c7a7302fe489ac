// Chromium as a process of our own: it can be killed as a phone kills it, and started again with the same profile.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

import { chromium as findChromium } from '../../scripts/requirements.mjs';

/** No network of its own, and pages in the background behave like the one that is looked at. */
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
  // Trackers that leave robots out would leave us out.
  '--disable-blink-features=AutomationControlled',
  '--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36',
  '--remote-debugging-port=0',
];
const START_MS = 60_000;

export class Browser {
  #profile = mkdtempSync(join(tmpdir(), 'bowerbird-profile-'));
  #args;
  #process;
  #connection;

  constructor(args) {
    this.#args = [...ARGUMENTS, ...args, `--user-data-dir=${this.#profile}`, 'about:blank'];
  }

  async start() {
    const executable = findChromium();
    if (!executable) throw new Error('no Chromium found: install one, or name it in BOWERBIRD_CHROMIUM');
    // In a process group of its own, which can be killed as a whole.
    this.#process = spawn(executable, this.#args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#connection = await chromium.connectOverCDP(await address(this.#process));
  }

  get context() {
    return this.#connection.contexts()[0];
  }

  get version() {
    return this.#connection.version();
  }

  /** SIGKILL for all its processes: nothing is flushed. */
  async kill() {
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    process.kill(-this.#process.pid, 'SIGKILL');
    await gone;
    await this.#connection?.close().catch(() => {});
  }

  async close() {
    await this.kill();
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** Where the browser listens for us; it says so once, when it is up. */
function address({ stderr }) {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => reject(new Error(`Chromium does not start:\n${said}`)), START_MS);
    stderr.on('data', (chunk) => {
      said = (said + chunk).slice(-4096);
      const found = /listening on (ws:\S+)/.exec(said);
      if (!found) return;
      clearTimeout(timer);
      resolve(found[1]);
    });
  });
}
