// What goes wrong. A scenario plays it on a stage and leaves the page on which the visitor stays, or nothing when the
// visitor has left. The first group is run for every tracker; the second asks more, of ours at least.
import { setTimeout as pause } from 'node:timers/promises';

const EVENTS = 200;
const DAY_MS = 86_400_000;

/** Moves the page's clock, not that of its timers, as when somebody sets the time. */
const MOVABLE_CLOCK = `
  const Real = Date;
  let moved = 0;
  globalThis.moveClock = (ms) => (moved += ms);
  globalThis.Date = class extends Real {
    constructor(...given) { given.length ? super(...given) : super(Real.now() + moved); }
    static now() { return Real.now() + moved; }
  };`;

/** What some browsers do where the visitor forbids pages to keep anything. */
const NO_INDEXED_DB = `
  Object.defineProperty(globalThis, 'indexedDB', { get() { throw new DOMException('forbidden', 'SecurityError'); } });`;

export const SCENARIOS = {
  clean: {
    says: '200 events at 100 a second, and nothing goes wrong',
    async play(stage) {
      const page = await stage.open();
      await recordAll(page);
      return page;
    },
  },
  s503: {
    says: 'the same, while the collector answers 503 for 5 s',
    play: (stage) => failing(stage, 'unavailable', 5000),
  },
  down10: {
    says: 'the same, while the collector refuses connections for 10 s and the browser believes that it is online',
    play: (stage) => refusing(stage, 10_000),
  },
  close1: {
    says: '40 times one event, and the tab is closed at once',
    events: 40,
    play: (stage) => visits(stage, { count: 40, events: 1, leave: (page) => page.close() }),
  },
  close20: {
    says: '10 times 20 events, and the tab is closed at once',
    play: (stage) => visits(stage, { leave: (page) => page.close() }),
  },
  close500: {
    says: '10 times 20 events, and the tab is closed after half a second',
    play: (stage) => visits(stage, { leave: (page) => pause(500).then(() => page.close()) }),
  },
  nav20: {
    says: '10 times 20 events, and the page goes to another one in the same task',
    async play(stage) {
      const page = await stage.browser.context.newPage();
      for (let visit = 0; visit < 10; visit++) {
        await stage.load(page);
        await page.evaluate((from) => {
          shop.record(from, 20);
          location.href = '/elsewhere';
        }, visit * 20);
        await page.waitForURL('**/elsewhere');
        await pause(500);
      }
    },
  },
  offreload: {
    says: 'a page that works offline: offline, 200 events, reload while offline, online',
    async play(stage) {
      const page = await stage.open();
      await page.evaluate(() => shop.install());
      await stage.load(page);
      await stage.goOffline();
      await recordAll(page, 5);
      await pause(1500);
      await stage.load(page);
      await pause(1500);
      await stage.goOnline();
      return page;
    },
  },
  downclose: {
    says: 'the collector refuses; 10 times 20 events and the tab is closed at once; then the collector is back',
    async play(stage) {
      await stage.gate.close();
      await visits(stage, { leave: (page) => page.close() });
      await stage.gate.open();
    },
  },
  kill1: { says: 'offline, 200 events, SIGKILL of the browser 1 s later', play: (stage) => killed(stage, 1000) },
  kill8: { says: 'the same, 8 s later', play: (stage) => killed(stage, 8000) },
  tabs2: {
    says: 'two tabs with 100 events each',
    async play(stage) {
      const tabs = [await stage.open(), await stage.open()];
      await recordInBoth(tabs);
      return tabs[1];
    },
  },
  tabs2down: {
    says: 'the same, while the collector refuses for 5 s and one tab is reloaded meanwhile',
    async play(stage) {
      const tabs = [await stage.open(), await stage.open()];
      await stage.gate.close();
      const over = pause(5000);
      await recordInBoth(tabs);
      await pause(1000);
      await stage.load(tabs[0]);
      await over;
      await stage.gate.open();
      return tabs[1];
    },
  },

  bounce: {
    group: 'more',
    says: '10 times 20 events as soon as the tracker has been started, and the tab is closed at once',
    play: (stage) => visits(stage, { lookMs: 0, leave: (page) => page.close() }),
  },
  crash: {
    group: 'more',
    says: '10 times 20 events, and the renderer crashes at once',
    play: (stage) => visits(stage, { leave: crash }),
  },
  ackcut: {
    group: 'more',
    says: 'for 5 s the collector takes what comes, and the connection breaks before its answer',
    play: (stage) => failing(stage, 'answer lost', 5000),
  },
  large413: {
    group: 'more',
    says: 'the events come in one task; bodies of more than 1 KB, which one event of some trackers is, are answered with 413',
    async play(stage) {
      const page = await stage.open();
      stage.gate.fault = 'too large';
      await page.evaluate((count) => shop.record(0, count), EVENTS);
      return page;
    },
  },
  quota: {
    group: 'more',
    says: 'the browser has no room left to keep anything, and the collector refuses for 5 s',
    play: (stage) => refusing(stage, 5000, fillStorage),
  },
  nodb: {
    group: 'more',
    says: 'the browser forbids IndexedDB, and the collector refuses for 5 s',
    script: NO_INDEXED_DB,
    play: (stage) => refusing(stage, 5000),
  },
  clock: {
    group: 'more',
    says: 'the collector refuses for 5 s, and in the middle the clock is set back by a day',
    script: MOVABLE_CLOCK,
    play: (stage) => refusing(stage, 5000, setBackLater),
  },
  csp: {
    group: 'more',
    says: 'the policy of the page forbids eval and WebAssembly, and the collector refuses for 5 s',
    policy: 'strict',
    play: (stage) => refusing(stage, 5000),
  },
  chunk404: {
    group: 'more',
    says: 'files that the tracker loads later are missing; 200 events, and the tab is closed; then they are there',
    async play(stage) {
      stage.site.chunksMissing = true;
      const page = await stage.open();
      await recordAll(page);
      await page.close();
      stage.site.chunksMissing = false;
    },
  },
};

function recordAll(page, ms = 10) {
  return page.evaluate(([ms, count]) => shop.recordEvery(ms, 0, count), [ms, EVENTS]);
}

function recordInBoth(tabs) {
  const half = EVENTS / tabs.length;
  const record = ([from, count]) => shop.recordEvery(10, from, count);
  return Promise.all(tabs.map((tab, at) => tab.evaluate(record, [at * half, half])));
}

/** Answers fail for so long while the events come. */
async function failing(stage, fault, ms) {
  const page = await stage.open();
  stage.gate.fault = fault;
  await Promise.all([pause(ms), recordAll(page)]);
  stage.gate.fault = 'none';
  return page;
}

/** Connections are refused for so long while the events come, and while something else may go wrong. */
async function refusing(stage, ms, meanwhile = async () => {}) {
  const page = await stage.open();
  await stage.gate.close();
  await Promise.all([pause(ms), meanwhile(page), recordAll(page)]);
  await stage.gate.open();
  return page;
}

async function visits(stage, { count = 10, events = 20, lookMs, leave }) {
  for (let visit = 0; visit < count; visit++) {
    const page = await stage.open(lookMs);
    await page.evaluate(([from, events]) => shop.record(from, events), [visit * events, events]);
    await leave(page);
    await pause(200);
  }
}

async function killed(stage, ms) {
  const page = await stage.open();
  await stage.goOffline();
  await recordAll(page, 2);
  await pause(ms);
  await stage.restart();
}

async function crash(page) {
  const crashed = new Promise((resolve) => page.once('crash', resolve));
  const devtools = await page.context().newCDPSession(page);
  // It has nobody left to answer it.
  devtools.send('Page.crash').catch(() => {});
  await crashed;
  await page.close();
}

async function fillStorage(page) {
  const devtools = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
}

async function setBackLater(page) {
  await pause(1000);
  await page.evaluate((ms) => moveClock(-ms), DAY_MS);
}
