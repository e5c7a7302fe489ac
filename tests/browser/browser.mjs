// Chromium, and the demo page as a visitor uses it.
import { chromium } from 'playwright-core';

import { chromium as findChromium } from '../../scripts/requirements.mjs';
import { until } from './until.mjs';

const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the browser that this machine has. */
export function launch() {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('no Chromium found: install one, or name it in BOWERBIRD_CHROMIUM');
  // Pages are kept when they are left, as they are for everybody who does not drive the browser by a program.
  return chromium.launch({ executablePath, args: QUIET, ignoreDefaultArgs: ['--disable-back-forward-cache'] });
}

/** The demo page in one tab. */
export class Demo {
  constructor(page, url) {
    this.page = page;
    this.url = url;
    this.errors = [];
    page.on('pageerror', (error) => this.errors.push(error.message));
  }

  /** Opens the page and waits until films are on it. */
  static async open(context, url) {
    const demo = new Demo(await context.newPage(), url);
    await demo.visit();
    return demo;
  }

  async visit() {
    await this.page.goto(this.url);
    await this.page.waitForSelector('#for-you .card', { timeout: 15_000 });
  }

  /** Film ids of a row, in order. */
  order(row = 'for-you') {
    return this.page.$$eval(`#${row} .films > li`, (items) => items.map((item) => item.dataset.film));
  }

  /** Titles in the history that the panel shows, newest first. */
  history() {
    return this.page.$$eval('#history li span', (spans) => spans.map((span) => span.textContent));
  }

  /** What the page's own panel says about its events. */
  async stat(name) {
    return Number((await this.page.textContent(`[data-stat=${name}]`)).replace(/\D/g, ''));
  }

  /**
   * Clicks the card at this position and reads the page in the same task, before anything asynchronous can happen.
   * Gives the film's id and name, and the order and reasons right after.
   */
  clickCard(position, row = 'for-you') {
    return this.page.evaluate(
      ([row, position]) => {
        const items = () => [...document.querySelectorAll(`#${row} .films > li`)];
        const item = items()[position];
        const name = item.querySelector('button').title.split(' · ')[0];
        item.querySelector('button').click();
        return {
          id: item.dataset.film,
          name,
          order: items().map((one) => one.dataset.film),
          reasons: items().map((one) => one.querySelector('.reason').textContent),
        };
      },
      [row, position],
    );
  }

  /** Waits until nothing waits: every event has its outcome. */
  settled(options) {
    const empty = async () =>
      (await this.stat('queued')) + (await this.stat('inFlight')) === 0 && (await this.stat('accepted')) > 0;
    return until('the queue is empty', async () => (await empty()) || null, options);
  }
}
