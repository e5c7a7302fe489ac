// Everything that one run of a scenario needs, fresh: a browser without a past, a shop, a gate, and who takes the events.
import { setTimeout as pause } from 'node:timers/promises';

import { certificate, trackers } from '../rivals/index.mjs';
import { Browser } from './browser.mjs';
import { Gate } from './gate.mjs';
import { stranger } from './services.mjs';
import { Site } from './site.mjs';

/** After the page says that it is ready, before anything happens: visitors look before they click. */
const LOOK_MS = 600;
/** A visitor who stays does something so often. Some trackers try again only when there is something new. */
const BROWSE_MS = 7000;
const LOOK_AGAIN_MS = 100;

export class Stage {
  /** `own`: the server for our package; `bundle`: folder of the tracker; the rest is what the scenario says. */
  static async build(name, { own, bundle, events, policy, script }) {
    const stage = new Stage();
    stage.events = events;
    const tracker = trackers[name];
    const isOurs = name === 'bowerbird';
    const trackingId = isOurs ? await own.newTracker() : undefined;
    stage.gate = new Gate(isOurs ? own.service : stranger(tracker), tracker.https ? certificate() : null);
    await stage.gate.open();
    const { url: endpoint, port } = stage.gate;
    stage.site = await Site.start({ bundle, endpoint, settings: { trackingId }, policy });
    stage.browser = new Browser(tracker.chromium?.(port) ?? []);
    stage.script = script;
    stage.duplicates = async () => (isOurs ? own.duplicates(trackingId) : null);
    await stage.browser.start();
    return stage;
  }

  async close() {
    await this.browser.close();
    await this.site.close();
    await this.gate.close();
  }

  /** A tab on the shop, ready to record. */
  async open(lookMs = LOOK_MS) {
    const page = await this.browser.context.newPage();
    if (this.script) await page.addInitScript(this.script);
    await this.load(page, lookMs);
    return page;
  }

  async load(page, lookMs = LOOK_MS) {
    await page.goto(`${this.site.url}/`);
    await page.waitForSelector('html[data-ready]', { state: 'attached', timeout: 20_000 });
    await pause(lookMs);
  }

  /** The network is gone. Emulation lets the requests of closing pages through, hence the gate as well. */
  async goOffline() {
    await this.gate.close();
    await this.browser.context.setOffline(true);
  }

  async goOnline() {
    await this.gate.open();
    await this.browser.context.setOffline(false);
  }

  /** The browser is killed, and started again with the network that is there then. */
  async restart() {
    await this.browser.kill();
    await this.gate.open();
    await this.browser.start();
  }

  /** Waits until every event has been taken, while the visitor goes on using `page`, if there is one. */
  async arrival(page, patienceMs) {
    const deadline = Date.now() + patienceMs;
    let browse = Date.now() + BROWSE_MS / 2;
    while (this.gate.counts().events < this.events && Date.now() < deadline) {
      if (page && Date.now() > browse) {
        browse += BROWSE_MS;
        await page.evaluate(() => shop.browse());
      }
      await pause(LOOK_AGAIN_MS);
    }
  }
}
