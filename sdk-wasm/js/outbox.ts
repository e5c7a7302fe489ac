/**
 * The way of an event out of the page: log, queue, request, outcome.
 *
 * The Rust queue decides when and which; this shell keeps the texts, does what it says, and works without it until it
 * has arrived: a page that closes first still sends a beacon, and the log has everything for the next visit.
 */
import type { Emitter } from './emitter.js';
import { loadQueue, type UploadQueue } from './queue.js';
import type { Chunk, Changes, Logged } from './storage.js';
import { compress, envelope, post, request, type Reply } from './transport.js';
import type { Stats } from './types.js';

declare global {
  /** Chromium since 135. Throws where it is not allowed. */
  var fetchLater: ((url: string, options: RequestInit) => unknown) | undefined;
}

/** All requests that outlive the page share 64 KB. */
const OUTLIVING_BYTES = 60_000;
/** A batch that is larger leaves no room for the beacon. */
const KEEPALIVE_BYTES = 16_384;

/** Half of what the browser keeps for one origin. */
const LATER_BYTES = 32_768;
/** A call costs as much as ten events, so it is made for the events of a while together. */
const ARM_AFTER_MS = 300;

export interface OutboxOptions {
  trackingId: string;
  url: string;
  /** Name of this page's log. */
  owner: string;
  batchSize: number;
  flushInterval: number;
  write(changes: Changes): void;
}

interface Pending {
  event: Logged;
  /** The record of the log it lies in, and how many of its events are not done yet. */
  record: { key: string; left: number };
  /** A copy has left, or will leave, in a request that outlives the page: its end need not send another one. */
  outlives?: boolean;
}

export interface Outbox {
  /** Fetches the queue. Not later than the page itself: the network may be gone when the first event comes. */
  load(): Promise<void>;
  add(event: Logged): void;
  /** Takes over what another page left behind, and sends it without waiting for company. */
  adopt(chunks: Chunk[]): void;
  /** To be called once at the end of every task that added something. */
  commit(): void;
  /** The network may be back: try again now. */
  wake(): void;
  /** The page may end now: one last unconfirmed copy of what is not acknowledged. */
  beacon(): void;
  flush(): Promise<void>;
  stats(): Stats;
  stop(): void;
}

/** Tickets count from 0, so they are older the smaller they are. */
export function outbox(options: OutboxOptions, { emit, heard }: Emitter): Outbox {
  const { trackingId, url, owner, write } = options;
  const pending = new Map<number, Pending>();
  const contexts = new Map<string, number>();
  const counts = { recorded: 0, inFlight: 0, accepted: 0, duplicate: 0, refused: 0, dropped: 0, retries: 0 };
  let lastError: string | null = null;
  let reached = true;
  let tickets = 0;
  let fed = 0;
  let records = 0;
  let fresh: Pending[] = [];
  let queue: UploadQueue | undefined;
  let loading = false;
  let woken = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  /** Bytes of the request on its way, if it outlives the page. */
  let outliving = 0;
  let arming: ReturnType<typeof setTimeout> | undefined;
  let armed: AbortController | undefined;
  let waiting: { upTo: number; resolve: () => void }[] = [];

  const stats = (): Stats => ({
    ...counts,
    queued: pending.size - counts.inFlight,
    lastError,
    online: reached && (typeof navigator === 'undefined' || navigator.onLine !== false),
  });

  function enter(entry: Pending) {
    counts.recorded++;
    pending.set(tickets++, entry);
  }

  function add(event: Logged) {
    const entry = { event, record: { key: '', left: 0 } };
    fresh.push(entry);
    enter(entry);
  }

  function adopt(chunks: Chunk[]) {
    for (const { key, events } of chunks) {
      const record = { key, left: events.length };
      // The page that left them behind has sent its beacon; one more with every page would multiply them.
      events.forEach((event) => enter({ event, record, outlives: true }));
    }
    commit();
    wake();
  }

  function commit() {
    if (fresh.length) {
      const record = { key: owner + ':' + records++, left: fresh.length };
      fresh.forEach((entry) => (entry.record = record));
      write({ add: { key: record.key, owner, events: fresh.map(({ event }) => event) } });
      fresh = [];
    }
    armSoon();
    feed();
    pump();
    if (heard('stats')) emit('stats', stats());
  }

  async function load() {
    if (queue || loading) return;
    loading = true;
    try {
      queue = (await loadQueue())(options.batchSize, options.flushInterval);
      feed();
      if (woken) queue.wake();
      pump();
    } catch (error) {
      // The network went away before the queue had come; the next wake tries again, and the log has everything.
      lastError = String(error);
      reached = false;
      release(true);
    }
    loading = false;
  }

  /** Tells the queue of the events that it has not heard of. */
  function feed() {
    if (!queue) return;
    for (; fed < tickets; fed++) {
      const { event } = pending.get(fed)!;
      queue.push(fed, event.text.length, context(event), now());
    }
    const forget: string[] = [];
    for (let ticket; (ticket = queue.dropped()) >= 0; counts.dropped++) end(ticket, forget);
    if (forget.length) write({ forget });
  }

  function context({ sessionId, userId }: Logged): number {
    const key = JSON.stringify([sessionId, userId]);
    if (!contexts.has(key)) contexts.set(key, contexts.size);
    return contexts.get(key)!;
  }

  function pump() {
    clearTimeout(timer);
    const wait = stopped || !queue ? Infinity : queue.next(now());
    if (wait === 0) return void send(queue!);
    if (wait === Infinity) return;
    timer = setTimeout(pump, Math.ceil(wait));
    // What a flush waits for is urgent, so this wait is one that the server asked for.
    release(true);
  }

  async function send(queue: UploadQueue) {
    const batch: number[] = [];
    for (let ticket; (ticket = queue.ticket(batch.length)) >= 0;) batch.push(ticket);
    const entries = batch.map((ticket) => pending.get(ticket)!);
    const events = entries.map(({ event }) => event);
    counts.inFlight = batch.length;
    const sent = await compress(body(entries));
    const keepalive = mayOutlive(sent);
    // A failed request says nothing of what an earlier copy has become, so only what is new here is new again then.
    const spared = entries.filter(({ outlives }) => keepalive && !outlives);
    spared.forEach((entry) => (entry.outlives = true));
    outliving = keepalive ? size(sent) : 0;
    if (keepalive) disarm();
    armSoon();
    const reply = await post(url, sent, keepalive);
    outliving = counts.inFlight = 0;
    reached = reply.status > 0;
    lastError = reply.message;
    const verdict = queue.report(reply.status, reply.retryAfterMs, Math.random(), now());
    if (verdict === 0) {
      counts.retries++;
      spared.forEach((entry) => (entry.outlives = false));
      armSoon();
    } else settle(batch, events, reply, verdict === 1);
    release(verdict === 0 && reply.status !== 413);
    pump();
    if (heard('stats')) emit('stats', stats());
  }

  /** Gives every event of the batch its outcome. */
  function settle(batch: number[], events: Logged[], reply: Reply, taken: boolean) {
    const refused = new Map(
      taken
        ? reply.invalid.map(({ eventId, reason }) => [eventId, reason])
        : events.map(({ id }) => [id, reply.message ?? 'refused']),
    );
    const good = events.length - refused.size;
    const known = Math.min(reply.duplicate, good);
    counts.refused += refused.size;
    counts.duplicate += known;
    counts.accepted += good - known;
    // The server says how many it had already and not which, so only a whole batch of them can be named.
    const outcome = known && known === good ? 'duplicate' : 'accepted';
    for (const { id } of heard('outcome') ? events : []) {
      const reason = refused.get(id);
      emit('outcome', reason === undefined ? { eventId: id, outcome } : { eventId: id, outcome: 'invalid', reason });
    }
    const forget: string[] = [];
    batch.forEach((ticket) => end(ticket, forget));
    write({ forget });
    if (!pending.size) disarm();
  }

  function end(ticket: number, forget: string[]) {
    const { record } = pending.get(ticket)!;
    pending.delete(ticket);
    if (--record.left === 0) forget.push(record.key);
  }

  function flush(): Promise<void> {
    commit();
    if (!pending.size) return Promise.resolve();
    return new Promise((resolve) => {
      waiting.push({ upTo: tickets, resolve });
      wake();
    });
  }

  /** Resolves the flushes whose events are all done, or all of them after a failure: the caller must not wait for ever. */
  function release(failed: boolean) {
    const [oldest = Infinity] = pending.keys();
    const over = waiting.filter(({ upTo }) => failed || oldest >= upTo);
    waiting = waiting.filter((flush) => !over.includes(flush));
    over.forEach(({ resolve }) => resolve());
  }

  function wake() {
    woken = true;
    void load();
    queue?.wake();
    pump();
  }

  function beacon() {
    commit();
    disarm();
    for (const entries of unsaid(OUTLIVING_BYTES - outliving)) {
      entries.forEach((entry) => (entry.outlives = true));
      navigator.sendBeacon(url, body(entries));
    }
  }

  /** The newest events that would not outlive the page, as many as fit, by session and user. */
  function unsaid(room: number): Iterable<Pending[]> {
    const groups = new Map<number, Pending[]>();
    for (const entry of [...pending.values()].reverse()) {
      if (entry.outlives || (room -= entry.event.text.length + 1) < 0) continue;
      const group = context(entry.event);
      groups.set(group, [entry, ...(groups.get(group) ?? [])]);
    }
    return groups.values();
  }

  function body(entries: Pending[]): string {
    return envelope(
      trackingId,
      entries[0]!.event,
      entries.map(({ event }) => event.text),
    );
  }

  function armSoon() {
    if (globalThis.fetchLater && !stopped) arming ??= setTimeout(arm, ARM_AFTER_MS);
  }

  /** Leaves a copy with the browser, which sends it when the page has crashed and can say nothing itself. */
  function arm() {
    disarm();
    const [entries] = unsaid(LATER_BYTES);
    if (!entries) return;
    armed = new AbortController();
    try {
      globalThis.fetchLater!(url, { ...request(body(entries)), signal: armed.signal });
    } catch {
      // Over quota, or not allowed for this page: the log has everything.
    }
  }

  function disarm() {
    clearTimeout(arming);
    arming = undefined;
    armed?.abort();
  }

  function stop() {
    stopped = true;
    clearTimeout(timer);
    disarm();
    release(true);
  }

  return { load, add, adopt, commit, wake, beacon, flush, stats, stop };
}

const size = (body: string | ArrayBuffer) => (typeof body === 'string' ? body.length : body.byteLength);

/** Older browsers ignore the option, and end the request with the page. */
const mayOutlive = (body: string | ArrayBuffer) => size(body) <= KEEPALIVE_BYTES && 'keepalive' in Request.prototype;

/** Date.now() goes back when somebody sets the clock. */
const now = () => performance.now();
