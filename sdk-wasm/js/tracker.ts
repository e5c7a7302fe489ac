/**
 * One namespace of one page. What must be there before the first event is here: the log, the history, the session, the
 * beacon of a page that ends. Everything else is in the [background](./background.ts) and comes when the page has time.
 */
import type { Background } from './background.js';
import { emitter, type Emitter } from './emitter.js';
import { newId, note, stamp, type Noted, type Stamped } from './event.js';
import { givenOrder } from './given-order.js';
import { visitor } from './identity.js';
import { hold } from './locks.js';
import { outbox, type Outbox } from './outbox.js';
import { unsent } from './stats.js';
import { openStorage, type Changes, type Storage } from './storage.js';
import type { HistoryEntry, Options, Tracker } from './types.js';

/** As many as the device can use. */
const HISTORY_LENGTH = 100;
/** The background is a file like any other: asking for it so often harms nobody, and the events are in the log. */
const LOAD_AGAIN_MS = 10_000;
const soon = Promise.resolve();

/** What the entry point needs beyond the public interface: events from before there was a tracker. */
export interface InnerTracker extends Tracker {
  record(event: Noted): void;
  /** Stops without sending what is left. */
  end(): Promise<void>;
}

/** What the entry for pages that ask first ([privacy](./privacy.ts)) says beyond the public options. */
export interface InnerOptions extends Options {
  /**
   * Decides which events there are, and what is in them, before they are kept anywhere; `observe` puts something into
   * the history that is no event.
   */
  admit?: (event: Stamped, observe: (entries: HistoryEntry[]) => void) => Stamped | null;
  /** Nothing is sent, and nothing that was left behind either. */
  local?: boolean;
}

/** What the background works on. */
export interface Foreground {
  readonly options: InnerOptions;
  readonly url: string;
  readonly out: Outbox;
  readonly events: Emitter;
  /** Where the log is, or nothing in private mode or a broken profile: then events do not outlive the page. */
  readonly storage: Promise<Storage | void>;
  readonly owner: string;
  readonly lockName: (owner: string) => string;
  readonly write: (changes: Changes) => void;
  readonly commit: () => void;
  readonly failed: (error: unknown) => void;
  readonly track: Tracker['track'];
  readonly history: () => HistoryEntry[];
  readonly remember: (entries: HistoryEntry[]) => void;
  /** How many were observed since the history was cleared. */
  readonly observations: () => number;
}

/** `events` may have listeners already; `open` is a parameter for the tests' sake. */
export function createTracker(options: InnerOptions, events = emitter(), open = openStorage): InnerTracker {
  const { trackingId, namespace = trackingId, endpoint = globalThis.location?.origin ?? '' } = options;
  const url = endpoint + '/events';
  const page = globalThis.document;
  const owner = newId();
  const lockName = (owner: string) => 'bowerbird:' + namespace + ':' + owner;
  const who = visitor(namespace);
  const ending = new AbortController();
  let early: Changes[] = [];
  let write = (changes: Changes): void => void early.push(changes);
  let history: HistoryEntry[] = [];
  /** What is not in the log yet. */
  let changes: Changes = {};
  /** What was recorded in this task. */
  let fresh: Noted[] = [];
  /** How many were observed since the history was cleared. */
  let own = 0;
  let scheduled = false;
  let closed = false;
  let background: Background | undefined;
  let loading: Promise<Background> | undefined;
  let release = hold(lockName(owner));
  let becomeReady = () => {};
  const ready = new Promise<void>((resolve) => (becomeReady = resolve));
  const out = outbox(trackingId, url, owner);
  const failed = (error: unknown) => events.emit('error', { message: String(error) });

  const storage = open(namespace, failed)
    .catch((error) => {
      // Where there is no IndexedDB at all, nothing has gone wrong. Where it is forbidden, even asking for it throws.
      if (!(error instanceof ReferenceError)) failed(error);
    })
    .then((opened) => {
      write = opened?.write ?? (() => {});
      early.forEach(write);
      early = [];
      return opened;
    });

  /** To be called before anything is asked or changed that what was recorded so far has a part in. */
  function take() {
    if (!fresh.length) return;
    const { admit } = options;
    const events = fresh.map(stamp).flatMap((event) => (admit ? (admit(event, observe) ?? []) : event));
    fresh = [];
    if (!events.length) return;
    (changes.add ??= []).push(out.add(events, who.current()));
    observe(events.flatMap(({ observed }) => observed ?? []));
  }

  /** Everything that one task of the page records goes to disk in one transaction, when that task is over. */
  function commit() {
    scheduled = false;
    take();
    if (changes.add ?? changes.observed) write(changes);
    changes = {};
    background?.committed();
  }

  function record(noted: Noted) {
    if (closed) return;
    fresh.push(noted);
    if (scheduled) return;
    scheduled = true;
    // Faster than queueMicrotask, which is a function of the browser and not of the language.
    void soon.then(commit);
  }

  function observe(entries: HistoryEntry[]) {
    if (!entries.length) return;
    own += entries.length;
    // Of many at once only the last can ever be read again.
    (changes.observed ??= []).push(...entries.slice(-HISTORY_LENGTH));
    remember([...history, ...entries]);
    if (background) entries.forEach(background.observe);
  }

  function remember(entries: HistoryEntry[]) {
    history = entries.slice(-HISTORY_LENGTH);
    events.emit('history', history);
  }

  function clearHistory() {
    take();
    own = -1;
    delete changes.observed;
    write({ forgetBefore: Infinity });
    background?.clear();
    remember([]);
  }

  function load(): Promise<Background> {
    return (loading ??= import('./background.js').then(
      ({ start }) => {
        // The first use of localStorage takes milliseconds, which are then not those of the first click.
        who.current();
        return (background = start(foreground, becomeReady));
      },
      (error) => {
        // The network went away before it had come.
        loading = undefined;
        failed(error);
        if (!closed) setTimeout(wake, LOAD_AGAIN_MS);
        throw error;
      },
    ));
  }

  /** What cannot be done without the background has to wait for another wake. */
  const inBackground = (work: (background: Background) => unknown) => load().then(work, () => {});
  const wake = () => void inBackground(({ wake }) => wake());

  function leave() {
    background?.leave();
    commit();
    out.beacon();
  }

  const track: Tracker['track'] = (eventType, event) => {
    const noted = note(eventType, event);
    record(noted);
    return noted.id;
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
    remember,
    observations: () => own,
  };
  if (page) {
    const { signal } = ending;
    page.addEventListener('visibilitychange', () => (page.visibilityState === 'hidden' ? leave() : wake()), { signal });
    addEventListener('online', wake, { signal });
    const leaveFor = () => {
      leave();
      // A held lock would keep the page out of the back/forward cache.
      release();
    };
    addEventListener('pagehide', leaveFor, { signal });
    addEventListener('pageshow', ({ persisted }) => persisted && (release = hold(lockName(owner))), { signal });
  }
  if (options.userId !== undefined) who.identify(options.userId);
  load().catch(() => {});

  function stats() {
    take();
    return background?.stats() ?? unsent(out.tickets);
  }

  async function flush() {
    commit();
    await inBackground(({ flush }) => flush());
    return stats();
  }

  async function end() {
    closed = true;
    void inBackground(({ stop }) => stop());
    ending.abort();
    release();
    (await storage)?.close();
  }

  const tracker: InnerTracker = {
    ready,
    record,
    track,
    identify(userId) {
      take();
      if (who.identify(userId)) clearHistory();
    },
    rank(candidates, wanted) {
      take();
      return background?.rank(candidates, wanted) ?? givenOrder(candidates, wanted, history);
    },
    flush,
    stats,
    on: events.on,
    history() {
      take();
      return history;
    },
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
