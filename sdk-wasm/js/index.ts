/**
 * The entry for browsers: functions of one default tracker, which may be called before `init`.
 *
 * The module itself does nothing when it is imported.
 */
import { emitter } from './emitter.js';
import { newSeries, note } from './event.js';
import { givenOrder } from './given-order.js';
import { unsent } from './stats.js';
import { createTracker, type InnerTracker } from './tracker.js';
import type { EventInput, Events, Options, Rankable, RankOptions, Ranking, Stats, Tracker } from './types.js';

export type * from './types.js';

const trackers = new Map<string, InnerTracker>();
let current: InnerTracker | undefined;
/** What was called before `init`, in order. */
let early: ((tracker: InnerTracker) => void)[] = [];
let earlyEvents = 0;
/** Of the default tracker, whichever that is: who listens goes on listening when a visitor has agreed anew. */
const listeners = emitter();
/** A page that never calls `init` must not grow without end. */
const MAX_EARLY = 1000;

/** Returns whether there was room. */
function later(call: (tracker: InnerTracker) => void): boolean {
  return early.length < MAX_EARLY && !!early.push(call);
}

/**
 * Starts a tracker and returns at once. The first one becomes the default, for which the functions of this module
 * stand; a second call with the same namespace returns the tracker that is there.
 */
export function init(options: Options): Tracker {
  const name = options.namespace ?? options.trackingId;
  const there = trackers.get(name);
  if (there) return there;
  const tracker = createTracker(options, current ? undefined : listeners);
  trackers.set(name, tracker);
  const end = tracker.end;
  tracker.end = () => {
    trackers.delete(name);
    if (current === tracker) current = undefined;
    return end();
  };
  if (!current) {
    current = tracker;
    early.forEach((call) => call(tracker));
    forget();
  }
  return tracker;
}

/** Forgets what was called before `init`. */
export function forget(): void {
  newSeries();
  early = [];
  earlyEvents = 0;
}

/** Records an event and returns its id. Never throws, never blocks. */
export function track(eventType: string, event?: EventInput): string {
  if (current) return current.track(eventType, event);
  const noted = { ...note(eventType, event), at: Date.now() };
  if (later((tracker) => tracker.record(noted))) earlyEvents++;
  return noted.id;
}

/** Says who is signed in; `null` when nobody is. */
export function identify(userId: string | null): void {
  if (current) current.identify(userId);
  else later((tracker) => tracker.identify(userId));
}

/** Orders `candidates` for this visitor, at once: on the device when the pack is there, else as given. */
export function rank(candidates: Rankable, options?: RankOptions): Ranking {
  return current?.rank(candidates, options) ?? givenOrder(candidates, options);
}

/** Sends what is queued now. */
export async function flush(): Promise<Stats> {
  return current?.flush() ?? stats();
}

/** Counts since the page was loaded. */
export function stats(): Stats {
  return current?.stats() ?? unsent(earlyEvents);
}

/** Listens; the function that comes back ends it. */
export function on<K extends keyof Events>(name: K, listener: (event: Events[K]) => void): () => void {
  return (current ?? listeners).on(name, listener);
}
