/**
 * One namespace of one page. What must be there before the first event is here: the log, the history, the session, the
 * beacon of a page that ends. Everything else is in the [background](./background.ts) and comes when the page has time.
 */
import type { Background } from './background.js';
import { emitter, type Emitter } from './emitter.js';
import { newId, stamp, type Stamped } from './event.js';
import { givenOrder } from './given-order.js';
import { visitor } from './identity.js';
import { hold } from './locks.js';
import { outbox, type Outbox } from './outbox.js';
import { nothing } from './stats.js';
import { openStorage, type Changes, type Storage } from './storage.js';
import type { HistoryEntry, Options, Tracker } from './types.js';

/** As many as the device can use. */
const HISTORY_LENGTH = 50;

/** What the entry point needs beyond the public interface: events that were stamped before there was a tracker. */
export interface InnerTracker extends Tracker {
  record(event: Stamped): void;
  /** Stops without sending what is left. */
  end(): Promise<void>;
}

/** What the entry for pages that ask first ([privacy](./privacy.ts)) says beyond the public options. */
export interface InnerOptions extends Options {
  /** Decides which events there are, and what is in them, before they are kept anywhere. */
  admit?: (event: Stamped) => Stamped | null;
}

/** What the background works on. */
export interface Foreground {
  readonly options: Options;
  readonly url: string;
  readonly out: Outbox;
  readonly events: Emitter;
  /** Where the log is, or nothing in private mode or a broken profile: then events do not outlive the page. */
  readonly storage: Promise<Storage | undefined>;
  readonly owner: string;
  readonly lockName: (owner: string) => string;
  readonly write: (changes: Changes) => void;
  readonly commit: () => void;
  readonly failed: (error: unknown) => void;
  readonly track: Tracker['track'];
  readonly history: () => HistoryEntry[];
  /** Puts what earlier pages observed before what this one did. */
  readonly recall: (read: () => Promise<HistoryEntry[]>) => Promise<void>;
}

/** `open` is a parameter for the tests' sake. */
export function createTracker(options: InnerOptions, open: typeof openStorage = openStorage): InnerTracker {
  const { trackingId, namespace = trackingId, endpoint = globalThis.location?.origin ?? '' } = options;
  const url = endpoint + '/events';
  const page = globalThis.document;
  const owner = newId();
  const lockName = (owner: string) => 'bowerbird:' + namespace + ':' + owner;
  const events = emitter();
  const who = visitor(namespace);
  const cleanUp: (() => void)[] = [];
  let early: Changes[] | null = [];
  let write = (changes: Changes): void => void early?.push(changes);
  let history: HistoryEntry[] = [];
  let observed: HistoryEntry[] = [];
  /** How many were observed since the history was cleared. */
  let own = 0;
  let scheduled = false;
  let closed = false;
  let background: Background | undefined;
  let loading: Promise<Background> | undefined;
  let release = hold(lockName(owner));
  let becomeReady = () => {};
  const ready = new Promise<void>((resolve) => (becomeReady = resolve));
  const out = outbox(trackingId, url, owner, (changes) => write(changes));
  const failed = (error: unknown) => events.emit('error', { message: String(error) });

  const storage = open(namespace, failed).then(
    (storage) => {
      early?.forEach((changes) => storage.write(changes));
      early = null;
      write = storage.write;
      return storage;
    },
    (error) => {
      early = null;
      // Where there is no IndexedDB at all, nothing has gone wrong. Where it is forbidden, even asking for it throws.
      if (!(error instanceof ReferenceError)) failed(error);
      return undefined;
    },
  );

  /** Everything that one task of the page records goes to disk in one transaction, when that task is over. */
  function commit() {
    scheduled = false;
    const more = observed.length ? { observed } : {};
    observed = [];
    out.commit(more);
    background?.committed();
  }

  function record(stamped: Stamped) {
    const admitted = options.admit ? options.admit(stamped) : stamped;
    if (closed || !admitted) return;
    const { id, text, observed: entry } = admitted;
    const { sessionId, userId } = who.current();
    out.add({ id, text, sessionId, userId });
    if (entry) observe(entry);
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(commit);
  }

  function observe(entry: HistoryEntry) {
    own++;
    observed.push(entry);
    remember([...history, entry]);
    background?.observe(entry);
  }

  function remember(entries: HistoryEntry[]) {
    history = entries.slice(-HISTORY_LENGTH);
    events.emit('history', history);
  }

  async function recall(read: () => Promise<HistoryEntry[]>) {
    commit();
    const already = own;
    const before = await read();
    if (own >= already && before.length) remember([...before, ...(own > already ? history.slice(already - own) : [])]);
  }

  function clearHistory() {
    own = -1;
    observed = [];
    write({ forgetHistory: true });
    background?.clear();
    remember([]);
  }

  function load(): Promise<Background> {
    return (loading ??= import('./background.js').then(
      ({ start }) => (background = start(foreground, becomeReady)),
      (error) => {
        // The network went away before it had come: the next wake tries again.
        loading = undefined;
        failed(error);
        throw error;
      },
    ));
  }

  /** What cannot be done without the background has to wait for another wake. */
  const inBackground = (work: (background: Background) => unknown) => load().then(work, () => {});
  const wake = () => void inBackground(({ wake }) => wake());

  function leave() {
    commit();
    out.beacon();
    background?.leave();
  }

  function listen(target: EventTarget, name: string, listener: (event: Event) => void) {
    target.addEventListener(name, listener);
    cleanUp.push(() => target.removeEventListener(name, listener));
  }

  const track: Tracker['track'] = (eventType, event) => {
    const stamped = stamp(eventType, event);
    record(stamped);
    return stamped.id;
  };
  const foreground: Foreground = {
    options,
    url,
    out,
    events,
    storage,
    owner,
    lockName,
    write: (changes) => write(changes),
    commit,
    failed,
    track,
    history: () => history,
    recall,
  };
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
  load().catch(() => {});

  const stats = () => background?.stats() ?? nothing(out.tickets);
  async function flush() {
    commit();
    await inBackground(({ flush }) => flush());
    return stats();
  }

  async function end() {
    closed = true;
    void inBackground(({ stop }) => stop());
    cleanUp.forEach((undo) => undo());
    release();
    (await storage)?.close();
  }

  const tracker: InnerTracker = {
    ready,
    record,
    track,
    identify(userId) {
      if (who.identify(userId)) clearHistory();
    },
    rank: (candidates, wanted) => background?.rank(candidates, wanted) ?? givenOrder(candidates, wanted, history),
    flush,
    stats,
    on: events.on,
    history: () => history,
    items: () => background?.items() ?? [],
    item: (id) => background?.item(id),
    clearHistory,
    identity() {
      const { sessionId, userId } = who.current();
      return { sessionId, userId };
    },
    async close() {
      await storage;
      await flush();
      await tracker.end();
    },
    end,
  };
  return tracker;
}
