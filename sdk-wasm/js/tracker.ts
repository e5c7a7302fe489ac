/** One namespace of one page: everything wired together. Nothing is loaded before it is needed. */
import { emitter } from './emitter.js';
import { newId, stamp, type Stamped } from './event.js';
import { givenOrder } from './given-order.js';
import { visitor } from './identity.js';
import { adopt, hold } from './locks.js';
import { outbox } from './outbox.js';
import type { Ranker } from './ranker.js';
import { HISTORY_LENGTH, openStorage, type Changes, type Storage } from './storage.js';
import type { HistoryEntry, Options, Tracker } from './types.js';

/**
 * A page looks for what closed pages left behind when it has lived so long. One that closes sooner would send it, not
 * read the answer, and leave it to the next page to send once more.
 */
const ADOPT_AFTER_MS = 2000;

/** What the entry point needs beyond the public interface: events that were stamped before there was a tracker. */
export interface InnerTracker extends Tracker {
  record(event: Stamped): void;
}

/** `open` is a parameter for the tests' sake. */
export function createTracker(options: Options, open: typeof openStorage = openStorage): InnerTracker {
  const { trackingId, namespace = trackingId, campaign, weights = {}, autotrack } = options;
  const endpoint = options.endpoint ?? globalThis.location?.origin ?? '';
  const page = globalThis.document;
  const lockName = (owner: string) => 'bowerbird:' + namespace + ':' + owner;
  const owner = newId();
  const events = emitter();
  const who = visitor(namespace);
  const cleanUp: (() => void)[] = [];
  /** Pages whose logs this one sends, itself first. */
  const adopted = new Set([owner]);
  let storage: Storage | undefined;
  let early: Changes[] | null = [];
  let history: HistoryEntry[] = [];
  let observed: HistoryEntry[] = [];
  let scheduled = false;
  let closed = false;
  let ranker: Ranker | undefined;
  let adoption: ReturnType<typeof setTimeout> | undefined;
  let release = hold(lockName(owner));
  let becomeReady = () => {};
  const ready = new Promise<void>((resolve) => (becomeReady = resolve));

  const failed = (error: unknown) => events.emit('error', { message: String(error) });
  const write = (changes: Changes) => void (early ? early.push(changes) : storage?.write(changes));
  const weight = ({ eventType }: HistoryEntry) => weights[eventType] ?? 1;
  const out = outbox(
    {
      trackingId,
      url: endpoint + '/events',
      owner,
      batchSize: options.batchSize ?? 50,
      flushInterval: options.flushInterval ?? 1000,
      write,
    },
    events,
  );

  /** Everything that one task of the page records goes to disk in one transaction, when that task is over. */
  function schedule() {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(commit);
  }

  function commit() {
    scheduled = false;
    if (observed.length) write({ observed });
    observed = [];
    out.commit();
  }

  function record({ id, text, observed: entry }: Stamped) {
    if (closed) return;
    const { sessionId, userId } = who.current();
    out.add({ id, text, sessionId, userId });
    if (entry) observe(entry);
    schedule();
  }

  function observe(entry: HistoryEntry) {
    observed.push(entry);
    history = [...history, entry].slice(-HISTORY_LENGTH);
    ranker?.observe(entry.itemId, weight(entry));
    events.emit('history', history);
  }

  async function openLog() {
    try {
      storage = await open(namespace, failed);
      const before = await storage.history();
      history = [...before, ...history].slice(-HISTORY_LENGTH);
      if (before.length) events.emit('history', history);
      adoptSoon();
    } catch (error) {
      // Private mode or a broken profile: events are still sent, they only do not outlive the page.
      if (globalThis.indexedDB) failed(error);
    }
    early?.forEach((changes) => storage?.write(changes));
    early = null;
    if (campaign) await startRanker(campaign);
  }

  function adoptSoon() {
    clearTimeout(adoption);
    if (!closed) adoption = setTimeout(adoptOrphans, ADOPT_AFTER_MS);
  }

  async function adoptOrphans() {
    try {
      const chunks = (await storage?.chunks()) ?? [];
      for (const orphan of new Set(chunks.map((chunk) => chunk.owner))) {
        if (adopted.has(orphan) || !(await adopt(lockName(orphan))) || closed) continue;
        adopted.add(orphan);
        out.adopt(chunks.filter((chunk) => chunk.owner === orphan));
      }
    } catch (error) {
      failed(error);
    }
  }

  async function startRanker(campaign: string) {
    const { createRanker } = await import('./ranker.js');
    ranker = createRanker({
      url: endpoint + '/device/campaigns/' + encodeURIComponent(campaign) + '/pack',
      failed,
      ready(found) {
        history.forEach((entry) => ranker!.observe(entry.itemId, weight(entry)));
        events.emit('ready', found);
        becomeReady();
      },
    });
    cleanUp.push(ranker.close);
  }

  function clearHistory() {
    history = observed = [];
    write({ forgetHistory: true });
    ranker?.clear();
    events.emit('history', history);
  }

  function listen(target: EventTarget | undefined, name: string, listener: (event: Event) => void) {
    target?.addEventListener(name, listener);
    cleanUp.push(() => target?.removeEventListener(name, listener));
  }

  function wake() {
    // Tabs that were there when this one started may have gone in the meantime.
    adoptSoon();
    out.wake();
    ranker?.wake();
  }

  function leave() {
    clearTimeout(adoption);
    commit();
    out.beacon();
  }

  if (page) {
    listen(page, 'visibilitychange', () => (page.visibilityState === 'hidden' ? leave() : wake()));
    listen(globalThis as unknown as EventTarget, 'online', wake);
    listen(globalThis as unknown as EventTarget, 'pagehide', () => {
      leave();
      // A held lock would keep the page out of the back/forward cache.
      release();
    });
    listen(globalThis as unknown as EventTarget, 'pageshow', (event) => {
      if ((event as PageTransitionEvent).persisted) release = hold(lockName(owner));
    });
  }
  if (options.userId !== undefined) who.identify(options.userId);
  const opened = openLog().catch(failed);
  void out.load();

  const tracker: InnerTracker = {
    ready,
    record,
    track(eventType, event) {
      const stamped = stamp(eventType, event);
      record(stamped);
      return stamped.id;
    },
    identify(userId) {
      if (who.identify(userId)) clearHistory();
    },
    rank: (candidates, wanted) => ranker?.rank(candidates, wanted) ?? givenOrder(candidates, wanted, history),
    async flush() {
      commit();
      await adoptOrphans();
      await out.flush();
      return out.stats();
    },
    stats: out.stats,
    on: events.on,
    history: () => history,
    items: () => ranker?.items() ?? [],
    item: (id) => ranker?.item(id),
    clearHistory,
    identity() {
      const { sessionId, userId } = who.current();
      return { sessionId, userId };
    },
    async close() {
      await opened;
      clearTimeout(adoption);
      commit();
      await out.flush();
      closed = true;
      out.stop();
      cleanUp.forEach((undo) => undo());
      storage?.close();
      release();
    },
  };
  if (page && autotrack) {
    const which = autotrack === true ? {} : autotrack;
    void import('./autotrack.js').then(({ watch }) => cleanUp.push(watch(page, which, tracker.track)), failed);
  }
  return tracker;
}
