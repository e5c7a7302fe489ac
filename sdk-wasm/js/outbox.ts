/**
 * The first half of the way of an event out of the page: into the log at once, and into a beacon if the page ends. All
 * of it is there before `init` returns. The other half ([delivery](./delivery.ts)) may come later, or never: then the
 * log has everything for the next visit.
 */
import type { Changes, Logged } from './storage.js';

/** All requests that outlive the page share 64 KB. */
const OUTLIVING_BYTES = 60_000;

export interface Pending {
  event: Logged;
  /** The record of the log it lies in, and how many of its events are not done yet. */
  record: { key: string; left: number };
  /** A copy has left, or will leave, in a request that outlives the page: its end need not send another one. */
  outlives?: boolean;
}

export interface Outbox {
  /** By ticket, so oldest first: what is not acknowledged. */
  pending: Map<number, Pending>;
  /** Tickets given so far. */
  tickets: number;
  /** Bytes of the request on its way, if it outlives the page. */
  outliving: number;
  /** Bytes on the wire. */
  size(text: string): number;
  /** A request carries one session and user; equal texts for equal ones. */
  context(event: Logged): string;
  add(event: Logged): void;
  /** To be called once at the end of every task that added something: writes it, with `more`, in one transaction. */
  commit(more: Changes): void;
  /** The page may end now: one last unconfirmed copy of what is not acknowledged. */
  beacon(): void;
  /** The newest events that would not outlive the page, as many as fit, by session and user. */
  unsaid(room: number): Iterable<Pending[]>;
  body(entries: Pending[]): string;
}

/** `owner` names this page's log. */
export function outbox(trackingId: string, url: string, owner: string, write: (changes: Changes) => void): Outbox {
  const pending = new Map<number, Pending>();
  let fresh: Pending[] = [];
  let records = 0;
  const out: Outbox = {
    pending,
    size,
    context,
    tickets: 0,
    outliving: 0,
    add(event) {
      const entry = { event, record: { key: '', left: 0 } };
      fresh.push(entry);
      pending.set(out.tickets++, entry);
    },
    commit(more) {
      if (fresh.length) {
        const record = { key: owner + ':' + records++, left: fresh.length };
        fresh.forEach((entry) => (entry.record = record));
        more.add = { key: record.key, owner, events: fresh.map(({ event }) => event) };
        fresh = [];
      }
      if (more.add || more.observed) write(more);
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
        if (entry.outlives || (room -= size(entry.event.text) + 1) < 0) continue;
        const group = context(entry.event);
        groups.set(group, [entry, ...(groups.get(group) ?? [])]);
      }
      return groups.values();
    },
    body(entries) {
      const { sessionId, userId } = entries[0]!.event;
      const head = { trackingId, sessionId, userId: userId ?? undefined, sentAt: Date.now() / 1000 };
      return JSON.stringify(head).slice(0, -1) + ',"eventList":[' + entries.map(({ event }) => event.text) + ']}';
    },
  };
  return out;
}

const context = ({ sessionId, userId }: Logged) => sessionId + '\0' + (userId ?? '');

const size = (text: string) => new TextEncoder().encode(text).length;
