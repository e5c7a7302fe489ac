/**
 * For pages that have to ask first: nothing is stored and nothing is sent before the visitor agreed, and what is kept is
 * erased when the visitor withdraws. Before that, calls wait in memory as they do before any `init`, with their time.
 *
 * It is not a consent manager: it asks nobody, and does not remember the answer for the next page.
 */
import type { Stamped } from './event.js';
import { forget, init } from './index.js';
import type { InnerOptions, InnerTracker } from './tracker.js';
import type { Options, Tracker } from './types.js';

/** What the visitor said. */
export type Consent = 'pending' | 'granted' | 'denied';

/** An event as it will be sent: what a hook may change. */
export interface SentEvent {
  readonly eventId: string;
  eventType: string;
  /** Seconds since the epoch. */
  sentAt: number;
  itemId?: string;
  eventValue?: number;
  properties?: Record<string, unknown>;
  recommendationId?: string;
  impression?: string[];
}

/** What `guard` is told beyond what `init` is. */
export interface GuardOptions extends Options {
  /**
   * What the visitor said on an earlier page.
   * @defaultValue `'denied'` where the browser says so by a signal that is respected, else `'pending'`
   */
  consent?: Consent;
  /**
   * Whether `navigator.globalPrivacyControl` means no until the visitor says yes.
   * @defaultValue `true`
   */
  respectGpc?: boolean;
  /**
   * Whether `navigator.doNotTrack` does. It was given up as a standard, and some browsers set it for everybody.
   * @defaultValue `false`
   */
  respectDnt?: boolean;
  /**
   * Changes an event before it is kept anywhere, by returning it, or drops it, by returning `null`. When it throws, the
   * event is kept as it was: a mistake in a hook must not cost data.
   * @defaultValue events stay as they are
   */
  beforeSend?: (event: SentEvent) => SentEvent | null;
}

/** What stands between a tracker and the visitor. */
export interface Guard {
  consent(): Consent;
  /** Granted: the tracker starts, and gets what waited. Denied: it stops, and everything that was kept is erased. */
  setConsent(consent: Exclude<Consent, 'pending'>): Promise<void>;
  /** The tracker, while there is consent. */
  tracker(): Tracker | undefined;
  /** How many events `beforeSend` dropped and failed on. */
  hook(): { dropped: number; failed: number };
}

/** Takes the place of `init`. */
export function guard({ respectGpc = true, respectDnt = false, beforeSend, ...options }: GuardOptions): Guard {
  const namespace = options.namespace ?? options.trackingId;
  const counts = { dropped: 0, failed: 0 };
  const inner: InnerOptions = { ...options, admit: beforeSend && ((event) => admit(event, beforeSend, counts)) };
  const others = channel(namespace);
  let consent: Consent = options.consent ?? (signalsNo(respectGpc, respectDnt) ? 'denied' : 'pending');
  let tracker: InnerTracker | undefined;

  let erased = Promise.resolve();

  async function start() {
    // What was done without consent stays unrecorded.
    if (consent === 'denied') forget();
    consent = 'granted';
    // What could not be erased is no reason to record nothing from now on.
    await erased.catch(() => {});
    if (consent === 'granted') tracker ??= init(inner) as InnerTracker;
  }

  function end(): Promise<void> {
    consent = 'denied';
    forget();
    const ended = tracker?.end();
    tracker = undefined;
    return (erased = Promise.all([ended, erased]).then(() => erase(namespace)));
  }

  if (consent === 'granted') tracker = init(inner) as InnerTracker;
  // An answer of today counts for what was kept yesterday.
  if (consent === 'denied') void end();
  if (others) others.onmessage = () => void end();
  return {
    consent: () => consent,
    setConsent(said) {
      if (said === 'granted') return start();
      others?.postMessage(said);
      return end();
    },
    tracker: () => tracker,
    hook: () => ({ ...counts }),
  };
}

function signalsNo(gpc: boolean, dnt: boolean): boolean {
  const { globalPrivacyControl, doNotTrack } = navigator as Navigator & { globalPrivacyControl?: boolean };
  return (gpc && !!globalPrivacyControl) || (dnt && doNotTrack === '1');
}

function admit(event: Stamped, hook: NonNullable<GuardOptions['beforeSend']>, counts: ReturnType<Guard['hook']>) {
  try {
    const changed = hook(JSON.parse(event.text) as SentEvent);
    if (!changed) counts.dropped++;
    return changed && revised(event, { ...changed, eventId: event.id });
  } catch (error) {
    counts.failed++;
    console.error(error);
    return event;
  }
}

/** The history hears what is sent, and nothing else. */
function revised({ id, observed }: Stamped, event: SentEvent): Stamped {
  const { itemId, eventType } = event;
  return { id, text: JSON.stringify(event), observed: observed && itemId ? { ...observed, itemId, eventType } : null };
}

/** A withdrawal counts for all tabs: each keeps a database open, and would go on recording. */
function channel(namespace: string): BroadcastChannel | undefined {
  return typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('bowerbird:' + namespace);
}

/** Everything that is kept under a namespace. Vector packs stay: they are the same for all visitors. */
async function erase(namespace: string): Promise<void> {
  const name = 'bowerbird:' + namespace;
  try {
    localStorage.removeItem(name);
  } catch {
    // There is none, so nothing is in it.
  }
  if (!globalThis.indexedDB) return;
  await new Promise<void>((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}
