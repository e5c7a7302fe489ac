/** The upload queue of the Rust half, however it can be had in this page. */
import { text } from '../pkg/tracker.text.js';
import { instantiate } from './instantiate.js';

/** One instance of the module. Times are milliseconds on a clock that never goes back. */
export interface UploadQueue {
  /** To be called first. */
  start(batchSize: number, flushInterval: number): void;
  /** `dropped` has to follow. */
  push(ticket: number, bytes: number, context: number, now: number): void;
  /** Milliseconds until there is something to do: 0 = send the batch, infinity = nothing known. */
  next(now: number): number;
  /** The events of the batch that is on its way, by their tickets plus one; 0 beyond its end. */
  ticket(index: number): number;
  /** 0 = the events stay queued, 1 = acknowledged, 2 = refused. */
  report(status: number, retryAfterMs: number, random: number, now: number): number;
  wake(): void;
  /** An event that made room for newer ones, by its ticket plus one; 0 when there is none left. */
  dropped(): number;
}

/**
 * The WebAssembly module, or where the page's security policy forbids that, the same Rust compiled to JavaScript: a page
 * that can run WebAssembly never downloads the other.
 */
export async function loadQueue(): Promise<UploadQueue> {
  try {
    return (await instantiate(text)) as unknown as UploadQueue;
  } catch {
    return (await import('./queue-js.js')).compiled() as UploadQueue;
  }
}
