/**
 * The first half of the way of an event out of the page: into the log at once, and into a beacon if the page ends. All
 * of it is there before `init` returns. The other half ([delivery](./delivery.ts)) may come later, or never: then the
 * log has everything for the next visit.
 */
import type { Stamped } from './event.js';
import type { Chunk } from './storage.js';
import type { Identity } from './types.js';

/** All requests that outlive the page share 64 KB. */
const OUTLIVING_BYTES = 60_000;

/** Events of one task and one visitor, in the log as one record. */
export interface Record extends Identity {
  key: string;
  page?: string | undefined;
  /** How many of them are not done yet. */
  left: number;
  /** A request carries one session, user and page; equal texts for equal ones. */
  context: string;
}

type Entry = Pick<Stamped, 'id' | 'text'>;

export interface Pending extends Entry {
  record: Record;
  /** A copy has left, or will leave, in a request that outlives the page: its end need not send another one. */
  outlives: boolean;
}

export interface Outbox {
  /** By ticket, so oldest first: what is not acknowledged. */
  pending: Map<number, Pending>;
  /** Tickets given so far. */
  tickets: number;
  /** The page as it is now, as JSON; from the background, so the first events do without. */
  page?: () => string | undefined;
  /** Bytes of the request on its way, if it outlives the page. */
  outliving: number;
  /** Bytes on the wire. */
  size(text: string): number;
  /** Takes events of one visitor in; what comes back is for the log, before the task ends. */
  add(events: Stamped[], who: Identity): Chunk;
  /** Takes events in that are in the log already. */
  keep(events: Entry[], chunk: Chunk, outlives: boolean): void;
  /** The page may end now: one last unconfirmed copy of what is not acknowledged. */
  beacon(): void;
  /** The newest events that would not outlive the page, as many as fit, by session, user and page. */
  unsaid(room: number): Iterable<Pending[]>;
  body(entries: Pending[]): string;
}

/** `owner` names this page's log. */
export function outbox(trackingId: string, url: string, owner: string): Outbox {
  const pending = new Map<number, Pending>();
  let records = 0;

  const out: Outbox = {
    pending,
    size,
    tickets: 0,
    outliving: 0,
    add(events, { sessionId, userId }) {
      const chunk: Chunk = {
        key: owner + ':' + records++,
        owner,
        sessionId,
        userId,
        page: out.page?.(),
        events: events.map(({ text }) => text),
      };
      out.keep(events, chunk, false);
      return chunk;
    },
    keep(events, { key, sessionId, userId, page }, outlives) {
      const record = {
        key,
        sessionId,
        userId,
        page,
        left: events.length,
        context: [sessionId, userId, page].join('\0'),
      };
      events.forEach(({ id, text }) => pending.set(out.tickets++, { id, text, record, outlives }));
    },
    beacon() {
      for (const entries of out.unsaid(OUTLIVING_BYTES - out.outliving)) {
        const left = navigator.sendBeacon(url, out.body(entries));
        entries.forEach((entry) => (entry.outlives = left));
      }
    },
    unsaid(room) {
      const groups = new Map<string, Pending[]>();
      for (const entry of [...pending.values()].reverse()) {
        if (entry.outlives || (room -= size(entry.text) + 1) < 0) continue;
        const { context } = entry.record;
        const group = groups.get(context);
        if (group) group.unshift(entry);
        else groups.set(context, [entry]);
      }
      return groups.values();
    },
    body(entries) {
      const { sessionId, userId, page } = entries[0]!.record;
      const head = {
        trackingId,
        sessionId,
        userId: userId ?? undefined,
        sentAt: Date.now() / 1000,
        context: page && JSON.parse(page),
      };
      return JSON.stringify(head).slice(0, -1) + ',"eventList":[' + entries.map(({ text }) => text) + ']}';
    },
  };
  return out;
}

/** Mostly there is one byte for each character, and asking for that is ten times as fast as encoding. */
const size = (text: string) => (/[^\0-\x7f]/.test(text) ? new TextEncoder().encode(text).length : text.length);
