/** "Something happened": from the page's arguments to an event with an id, a time and its JSON. */
import type { EventInput, HistoryEntry } from './types.js';

/** What the page said, as it was then. */
export interface Noted {
  id: string;
  eventType: string;
  event: EventInput;
  /** When, if not in the task that ends now. */
  at?: number;
}

/** An event as it will be sent; nothing about it changes any more. */
export interface Stamped {
  id: string;
  text: string;
  /** What it means for the history, if anything. */
  observed: HistoryEntry | null;
}

/** How ids of events begin, and how many were made of it. */
let series = '';
let made = 0;

/** 128 random bits. `randomUUID` would do, but is missing on pages that were not served securely. */
export const newId = (): string => crypto.getRandomValues(new Uint32Array(4)).join('-');

/** Ids of events tell from now on nothing of those before: somebody else may sit at the page. */
export function newSeries(): void {
  series = '';
}

/**
 * All that happens while whoever clicked waits. Making the JSON at once, and asking for the time, would take three times
 * as long in a page that does so after a pause, when nothing of it is in the caches of the processor [measured].
 *
 * Ids begin alike and end in a number: a random one for each would be half of all that an event weighs in a batch, since
 * nothing else in it is so hard to compress.
 */
export function note(eventType: string, given?: EventInput): Noted {
  const event = { ...given };
  // The page may use its objects for something else before the task ends.
  if (event.properties) event.properties = { ...event.properties };
  if (event.impression) event.impression = Array.from(event.impression);
  series ||= newId() + '-';
  return { id: series + made++, eventType, event };
}

/** The rest, before the task ends. What has no JSON form costs what is not needed, and not the event. */
export function stamp({ id: eventId, eventType, event, at = Date.now() }: Noted): Stamped {
  const { itemId, eventValue, properties, recommendationId, impression } = event;
  const head = { eventId, eventType, sentAt: at / 1000, itemId };
  let text;
  try {
    text = JSON.stringify({ ...head, eventValue, properties, recommendationId, impression });
  } catch {
    text = JSON.stringify({ ...head, eventType: `${eventType}`, itemId: itemId && `${itemId}` });
  }
  const observed = itemId && eventType !== 'impression' ? { itemId, eventType, at } : null;
  return { id: eventId, text, observed };
}
