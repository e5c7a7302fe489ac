/**
 * For pages that have to ask first: nothing is stored and nothing is sent before the visitor agreed, and what is kept is
 * erased when the visitor withdraws. Before that, calls wait in memory as they do before any `init`, with their time.
 * And for pages that never send anything: the ranker works as well when nothing leaves the device.
 *
 * It is not a consent manager: it asks nobody, and does not remember the answer for the next page.
 */
import type { Stamped } from './event.js';
import { forget, init } from './index.js';
import type { InnerOptions, InnerTracker } from './tracker.js';
import type { Options, Tracker } from './types.js';

/**
 * What the visitor said. `device`: what is recorded arranges lists on this device, and nothing of it leaves: no event,
 * no history, no id of a user or session. It is kept there for the next visit.
 */
export type Consent = 'pending' | 'device' | 'granted' | 'denied';

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
  /**
   * Granted: the tracker starts, and gets what waited. Denied: it stops, and everything that was kept is erased.
   * Device: it starts without sending; what an earlier `granted` has not sent yet never is, and is erased.
   */
  setConsent(consent: Exclude<Consent, 'pending'>): Promise<void>;
  /** The tracker, while there is consent to anything. */
  tracker(): Tracker | undefined;
  /** How many events `beforeSend` dropped and failed on. */
  hook(): { dropped: number; failed: number };
}

/** Takes the place of `init`. */
export function guard({ respectGpc = true, respectDnt = false, beforeSend, ...options }: GuardOptions): Guard {
  const namespace = options.namespace ?? options.trackingId;
  const counts = { dropped: 0, failed: 0 };
  const hooked = beforeSend && ((event: Stamped) => admit(event, beforeSend, counts));
  const inner: InnerOptions = { ...options, admit: hooked };
  const local: InnerOptions = { ...options, local: true, admit: observeOnly(hooked) };
  const others = channel(namespace);
  let consent: Consent = options.consent ?? (signalsNo(respectGpc, respectDnt) ? 'denied' : 'pending');
  let tracker: InnerTracker | undefined;

  let erased = Promise.resolve();

  async function start(said: 'device' | 'granted') {
    // What was done without consent stays unrecorded.
    if (consent === 'denied') forget();
    // What waits to be sent was to be sent under another word.
    if (said === 'device' && consent === 'granted') void end();
    else if (said !== consent) void stop();
    consent = said;
    // What could not be erased is no reason to record nothing from now on.
    await erased.catch(() => {});
    if (consent === said) tracker ??= begin(said);
  }

  const begin = (said: Consent) => init(said === 'device' ? local : inner) as InnerTracker;

  function stop() {
    const ended = tracker?.end();
    tracker = undefined;
    return ended;
  }

  function end(): Promise<void> {
    consent = 'denied';
    forget();
    return (erased = Promise.all([stop(), erased]).then(() => erase(namespace)));
  }

  const obey = (said: Exclude<Consent, 'pending'>) => (said === 'denied' ? end() : start(said));

  if (consent === 'granted' || consent === 'device') tracker = begin(consent);
  // An answer of today counts for what was kept yesterday.
  if (consent === 'denied') void end();
  // Other tabs go on sending only where that is what was said.
  if (others) others.onmessage = ({ data }) => void obey(data as 'device' | 'denied');
  return {
    consent: () => consent,
    setConsent(said) {
      if (said !== 'granted') others?.postMessage(said);
      return obey(said);
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

/** Events that are for the history of this device alone. */
function observeOnly(hook: ((event: Stamped) => Stamped | null) | undefined): NonNullable<InnerOptions['admit']> {
  return (event, observe) => {
    const { observed = null } = (hook ? hook(event) : event) ?? {};
    if (observed) observe([observed]);
    return null;
  };
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
