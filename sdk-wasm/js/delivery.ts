/**
 * The second half of the way of an event out of the page: queue, request, outcome.
 *
 * The Rust queue decides when and which; this shell keeps the texts and does what it says.
 */
import type { Emitter } from './emitter.js';
import type { Outbox, Pending } from './outbox.js';
import { loadQueue, type UploadQueue } from './queue.js';
import type { Chunk, Changes } from './storage.js';
import { compress, post, request, type Reply } from './transport.js';
import type { Stats, Tracker } from './types.js';

declare global {
  /** Chromium since 135. Throws where it is not allowed. */
  var fetchLater: ((url: string, options: RequestInit) => unknown) | undefined;
}

/** A batch that is larger leaves no room for the beacon. */
const KEEPALIVE_BYTES = 16_384;
/** Half of what the browser keeps for one origin. */
const LATER_BYTES = 32_768;
/** A call costs as much as ten events, so it is made for the events of a while together. */
const ARM_AFTER_MS = 300;
/** The queue hears of the events of a while together, and not in the task of the page that records them. */
const GATHER_MS = 100;
/** As long as a visitor may wait for the network in a tunnel. */
const LOAD_AGAIN_MS = 5000;
/** Tells the server, as `eventValue`, how many events made room for newer ones. */
const DROPPED = 'events_dropped';

export interface DeliveryOptions {
  url: string;
  batchSize?: number | undefined;
  flushInterval?: number | undefined;
  write(changes: Changes): void;
  track: Tracker['track'];
}

export interface Delivery {
  /** Fetches the queue. Not later than the page itself: the network may be gone when the first event comes. */
  load(): Promise<void>;
  /** There is something new in the outbox. */
  committed(): void;
  /** Takes over what another page left behind, and sends it without waiting for company. */
  adopt(chunks: Chunk[]): void;
  /** The network may be back: try again now. */
  wake(): void;
  flush(): Promise<void>;
  stats(): Stats;
  /** The page may end, and says goodbye by beacon right after: no other copy is needed. */
  leave(): void;
  stop(): void;
}

/** Tickets count from 0, so they are older the smaller they are. */
export function delivery(out: Outbox, options: DeliveryOptions, { emit, heard }: Emitter): Delivery {
  const { url, batchSize = 50, flushInterval = 1000, write, track } = options;
  const { pending, size } = out;
  const contexts = new Map<string, number>();
  const counts = { inFlight: 0, accepted: 0, duplicate: 0, refused: 0, dropped: 0, retries: 0 };
  let lastError: string | null = null;
  let reached = true;
  let fed = 0;
  /** Dropped, and the server does not know. */
  let untold = 0;
  let queue: UploadQueue | undefined;
  let loading = false;
  let woken = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let gathering: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  let arming: ReturnType<typeof setTimeout> | undefined;
  let armed: AbortController | undefined;
  const gatherMs = Math.min(GATHER_MS, flushInterval / 10);
  let waiting: { upTo: number; resolve: () => void }[] = [];

  const stats = (): Stats => ({
    ...counts,
    recorded: out.tickets,
    queued: pending.size - counts.inFlight,
    lastError,
    online: reached && (typeof navigator === 'undefined' || navigator.onLine !== false),
  });

  const tell = () => {
    if (heard('stats')) emit('stats', stats());
  };

  function committed() {
    armSoon();
    if (!stopped) gathering ??= setTimeout(gather, gatherMs);
    tell();
  }

  function gather() {
    gathering = undefined;
    void load();
    feed();
    pump();
  }

  function adopt(chunks: Chunk[]) {
    for (const chunk of chunks) {
      try {
        // Trimming throws for what is no text, and parsing for what no request can carry.
        const entries = chunk.events.map((text) => ({
          id: (JSON.parse(text.trim()) as { eventId: string }).eventId,
          text,
        }));
        if (chunk.page) JSON.parse(chunk.page);
        // The page that left them behind has sent its beacon; one more with every page would multiply them.
        out.keep(entries, chunk, true);
      } catch (error) {
        // What cannot be read now never can, and must not come back with every page.
        emit('error', { message: String(error) });
        write({ forget: [chunk.key] });
      }
    }
    wake();
    tell();
  }

  async function load() {
    if (queue || loading) return;
    loading = true;
    try {
      const loaded = await loadQueue();
      loaded.start(batchSize, flushInterval - gatherMs);
      queue = loaded;
      feed();
      if (woken) queue.wake();
      pump();
    } catch (error) {
      // The network went away before the queue had come; the log has everything.
      lastError = String(error);
      reached = false;
      release(true);
      if (!stopped) gathering ??= setTimeout(gather, LOAD_AGAIN_MS);
    }
    loading = false;
  }

  /** Tells the queue of the events that it has not heard of. */
  function feed() {
    if (!queue) return;
    const forget: string[] = [];
    for (; fed < out.tickets; fed++) {
      const { text, record } = pending.get(fed)!;
      queue.push(fed, size(text), contextNumber(record.context), now());
      for (let above; (above = queue.dropped()); counts.dropped++, untold++) {
        const { id } = pending.get(above - 1)!;
        if (heard('outcome')) emit('outcome', { eventId: id, outcome: 'dropped', reason: 'the queue was full' });
        end(above - 1, forget);
      }
    }
    if (forget.length) write({ forget });
  }

  function contextNumber(context: string): number {
    if (!contexts.has(context)) contexts.set(context, contexts.size);
    return contexts.get(context)!;
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
    for (let above; (above = queue.ticket(batch.length));) batch.push(above - 1);
    const entries = batch.map((ticket) => pending.get(ticket)!);
    counts.inFlight = batch.length;
    const sent = await compress(out.body(entries));
    const bytes = typeof sent === 'string' ? size(sent) : sent.byteLength;
    // Older browsers ignore the option, and end the request with the page.
    const keepalive = bytes <= KEEPALIVE_BYTES && 'keepalive' in Request.prototype;
    // A failed request says nothing of what an earlier copy has become, so only what is new here is new again then.
    const spared = entries.filter(({ outlives }) => keepalive && !outlives);
    spared.forEach((entry) => (entry.outlives = true));
    out.outliving = keepalive ? bytes : 0;
    if (keepalive) disarm();
    armSoon();
    const reply = await post(url, sent, keepalive);
    out.outliving = counts.inFlight = 0;
    reached = reply.status > 0;
    lastError = reply.message;
    const verdict = queue.report(reply.status, reply.retryAfterMs, Math.random(), now());
    if (verdict === 0) {
      counts.retries++;
      spared.forEach((entry) => (entry.outlives = false));
      armSoon();
    } else settle(batch, entries, reply, verdict === 1);
    release(verdict === 0 && reply.status !== 413);
    pump();
    tell();
  }

  /** Gives every event of the batch its outcome. */
  function settle(batch: number[], entries: Pending[], reply: Reply, taken: boolean) {
    const ids = entries.map(({ id }) => id);
    const refused = new Map(
      taken
        ? reply.invalid.map(({ eventId, reason }) => [eventId, reason])
        : ids.map((id) => [id, reply.message ?? 'refused']),
    );
    const good = ids.length - refused.size;
    const known = Math.min(reply.duplicate, good);
    counts.refused += refused.size;
    counts.duplicate += known;
    counts.accepted += good - known;
    // The server says how many it had already and not which, so only a whole batch of them can be named.
    const outcome = known && known === good ? 'duplicate' : 'accepted';
    for (const id of heard('outcome') ? ids : []) {
      const reason = refused.get(id);
      emit('outcome', reason === undefined ? { eventId: id, outcome } : { eventId: id, outcome: 'invalid', reason });
    }
    const forget: string[] = [];
    batch.forEach((ticket) => end(ticket, forget));
    write({ forget });
    if (!pending.size) disarm();
    // Now there is room again.
    tellDropped();
  }

  /** An event like any other: kept, sent again until it has arrived, and counted once. */
  function tellDropped() {
    if (untold) track(DROPPED, { eventValue: untold });
    untold = 0;
  }

  function end(ticket: number, forget: string[]) {
    const { record } = pending.get(ticket)!;
    pending.delete(ticket);
    if (--record.left === 0) forget.push(record.key);
  }

  function flush(): Promise<void> {
    if (!pending.size) return Promise.resolve();
    return new Promise((resolve) => {
      waiting.push({ upTo: out.tickets, resolve });
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
    feed();
    queue?.wake();
    pump();
  }

  function armSoon() {
    if (globalThis.fetchLater && !stopped) arming ??= setTimeout(arm, ARM_AFTER_MS);
  }

  /** Leaves a copy with the browser, which sends it when the page has crashed and can say nothing itself. */
  function arm() {
    disarm();
    const [entries] = out.unsaid(LATER_BYTES);
    if (!entries) return;
    armed = new AbortController();
    try {
      globalThis.fetchLater!(url, { ...request(out.body(entries)), signal: armed.signal });
    } catch {
      // Over quota, or not allowed for this page: the log has everything.
    }
  }

  function disarm() {
    clearTimeout(arming);
    arming = undefined;
    armed?.abort();
  }

  function leave() {
    tellDropped();
    disarm();
  }

  function stop() {
    stopped = true;
    clearTimeout(timer);
    clearTimeout(gathering);
    disarm();
    release(true);
  }

  return { load, committed, adopt, wake, flush, stats, leave, stop };
}

/** Date.now() goes back when somebody sets the clock. */
const now = () => performance.now();
