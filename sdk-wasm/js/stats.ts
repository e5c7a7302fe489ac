import type { Stats } from './types.js';

/** Counts of a page that has not sent anything. */
export const unsent = (recorded: number): Stats => ({
  recorded,
  queued: recorded,
  inFlight: 0,
  accepted: 0,
  duplicate: 0,
  refused: 0,
  dropped: 0,
  retries: 0,
  lastError: null,
  online: true,
});
