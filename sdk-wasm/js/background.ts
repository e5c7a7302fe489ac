/** What a tracker does while the page does something else: delivers, adopts what closed pages left behind, ranks. */
import { adopt } from './adopt.js';
import { delivery } from './delivery.js';
import { pageContext } from './page-context.js';
import type { Ranker } from './packs.js';
import type { Storage } from './storage.js';
import type { Foreground } from './tracker.js';
import type { HistoryEntry, Item, Rankable, RankOptions, Ranking, Stats } from './types.js';

/**
 * A page looks for what closed pages left behind when it has lived so long. One that closes sooner would send it, not
 * read the answer, and leave it to the next page to send once more.
 */
const ADOPT_AFTER_MS = 2000;
/** As many as the device can use. */
const HISTORY_LENGTH = 100;

export interface Background {
  /** There is something new in the outbox. */
  committed(): void;
  observe(entry: HistoryEntry): void;
  /** The history is forgotten. */
  clear(): void;
  /** The network may be back: try again now. */
  wake(): void;
  /** The page may end, and says goodbye by beacon right after. */
  leave(): void;
  flush(): Promise<void>;
  stats(): Stats;
  /** Nothing before the pack has come. */
  rank(candidates: Rankable, options?: RankOptions): Ranking | undefined;
  items(): Item[] | undefined;
  item(id: string): Item | undefined;
  stop(): void;
}

/** `becomeReady`: the pack can rank. */
export function start(page: Foreground, becomeReady: () => void): Background {
  const { options, out, events, failed, owner, lockName, track } = page;
  const { campaign, weights = {}, autotrack, local } = options;
  const sending = delivery(out, { ...options, url: page.url, write: page.write, track }, events);
  const cleanUp: (() => void)[] = [];
  /** Pages whose logs this one sends, itself first. */
  const adopted = new Set([owner]);
  let ranker: Ranker | undefined;
  let adoption: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  /** From now on each event goes with the page of its moment; what was recorded before with that of now. */
  function situate(document: Document) {
    out.page = pageContext(document);
    const now = out.page();
    for (const { record } of out.pending.values()) {
      if (record.page || !now) continue;
      record.page = now;
      record.context += now;
    }
  }

  function adoptSoon() {
    clearTimeout(adoption);
    if (!stopped && !local) adoption = setTimeout(adoptOrphans, ADOPT_AFTER_MS);
  }

  async function adoptOrphans() {
    try {
      const chunks = (await (await page.storage)?.read('log', 'getAll')) ?? [];
      for (const orphan of new Set(chunks.map((chunk) => chunk.owner))) {
        if (adopted.has(orphan) || !(await adopt(lockName(orphan))) || stopped) continue;
        adopted.add(orphan);
        sending.adopt(chunks.filter((chunk) => chunk.owner === orphan));
      }
    } catch (error) {
      failed(error);
    }
  }

  async function startRanker() {
    if (!campaign || stopped) return;
    const { createRanker } = await (options.dials ? import('./ranker-dials.js') : import('./ranker.js'));
    ranker = createRanker({
      events: page.url,
      campaign,
      local,
      failed,
      ready(found) {
        tell();
        events.emit('ready', found);
        becomeReady();
      },
    });
    cleanUp.push(ranker.close);
  }

  const observe = (entry: HistoryEntry) => ranker?.observe(entry, weights[entry.eventType]);
  const tell = () => page.history().forEach(observe);

  const keep = (undo: () => void) => (stopped ? undo() : cleanUp.push(undo));

  /** The parts that look at the page, each loaded only where it is wanted. */
  async function watchPage(page: Document) {
    if (autotrack) keep((await import('./autotrack.js')).watch(page, autotrack, track));
    if (options.debug ?? /bowerbird-debug/.test(page.URL))
      keep((await import('./overlay.js')).overlay(page, out, events, sending.stats));
  }

  /** Puts what earlier pages observed before what this one did. */
  async function recall(storage: Storage) {
    page.commit();
    const already = page.observations();
    const before = await readHistory(storage);
    const since = page.observations() - already;
    // The history may have been cleared in the meantime.
    if (since >= 0 && before.length) page.remember([...before, ...(since ? page.history().slice(-since) : [])]);
  }

  /** Reads what other pages left behind: observations now, and unsent events soon. */
  async function lookAround() {
    const storage = await page.storage;
    if (!storage || stopped) return;
    await recall(storage);
    ranker?.clear();
    tell();
    adoptSoon();
    // What a page before left behind to be sent is not to be sent any more.
    if (local) page.write({ forget: (await storage.read('log', 'getAll')).map(({ key }) => key) });
  }

  lookAround().then(startRanker).catch(failed);
  if (globalThis.document) {
    if (options.context ?? true) situate(document);
    watchPage(document).catch(failed);
  }
  if (!local) {
    void sending.load();
    sending.committed();
  }
  return {
    committed: local ? () => {} : sending.committed,
    observe,
    clear: () => ranker?.clear(),
    wake() {
      // Other tabs may have seen something, or may have gone, in the meantime.
      lookAround().catch(failed);
      if (!local) sending.wake();
      ranker?.wake();
    },
    leave() {
      clearTimeout(adoption);
      sending.leave();
    },
    async flush() {
      if (local) return;
      await adoptOrphans();
      await sending.flush();
    },
    stats: sending.stats,
    rank: (candidates, wanted) => ranker?.rank(candidates, wanted),
    items: () => ranker?.items(),
    item: (id) => ranker?.item(id),
    stop() {
      stopped = true;
      clearTimeout(adoption);
      sending.stop();
      cleanUp.forEach((undo) => undo());
    },
  };
}

/** The newest entries; forgets the others. */
async function readHistory(storage: Storage): Promise<HistoryEntry[]> {
  const entries = await storage.read('history', 'getAll');
  const keys = await storage.read('history', 'getAllKeys');
  if (keys.length > HISTORY_LENGTH) storage.write({ forgetBefore: keys.at(-HISTORY_LENGTH)! });
  return entries.slice(-HISTORY_LENGTH);
}
