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
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 15) | 64;
  bytes[8] = (bytes[8]! & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
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
