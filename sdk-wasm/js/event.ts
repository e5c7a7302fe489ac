/** "Something happened": from the page's arguments to an event with an id, a time and its JSON, all at once. */
import type { EventInput, HistoryEntry } from './types.js';

/** An event as it will be sent; nothing about it changes any more. */
export interface Stamped {
  id: string;
  text: string;
  /** What it means for the history, if anything. */
  observed: HistoryEntry | null;
}

/** A version 4 UUID. `randomUUID` is missing on pages that were not served securely. */
export function newId(): string {
  if (crypto.randomUUID) return crypto.randomUUID();
  const digits = crypto.getRandomValues(new Uint8Array(32));
  let at = 0;
  return '00000000-0000-4000-y000-000000000000'.replace(/[0y]/g, (place) => {
    const digit = digits[at++]! & 15;
    return (place === 'y' ? (digit & 3) | 8 : digit).toString(16);
  });
}

export function stamp(eventType: string, event: EventInput = {}): Stamped {
  const id = newId();
  const at = Date.now();
  const { itemId, eventValue, properties, recommendationId, impression } = event;
  const text = JSON.stringify({
    eventId: id,
    eventType,
    sentAt: at / 1000,
    itemId,
    eventValue,
    properties: properties && asJson(properties),
    recommendationId,
    impression,
  });
  const counts = itemId && eventType !== 'impression';
  return { id, text, observed: counts ? { itemId, eventType, at } : null };
}

/** The protocol wants the properties as JSON within the JSON. What has no JSON form is left out: the event counts more. */
function asJson(properties: Record<string, unknown>): string | undefined {
  try {
    return JSON.stringify(properties);
  } catch {
    return undefined;
  }
}
