/** The upload queue of the Rust half, however it can be had in this page. */

/** Times are milliseconds on a clock that never goes back. */
export interface UploadQueue {
  push(ticket: number, bytes: number, context: number, now: number): void;
  /** Milliseconds until there is something to do: 0 = send the batch, infinity = nothing known. */
  next(now: number): number;
  /** The events of the batch that is on its way, -1 beyond its end. */
  ticket(index: number): number;
  /** 0 = the events stay queued, 1 = acknowledged, 2 = refused. */
  report(status: number, retryAfterMs: number, random: number, now: number): number;
  wake(): void;
  /** An event that made room for newer ones, -1 when there is none left. */
  dropped(): number;
}

export type NewQueue = (batchSize: number, flushInterval: number) => UploadQueue;

/**
 * The WebAssembly module, or where the page's security policy forbids that, the same Rust compiled to JavaScript.
 * Two imports instead of one: a page that can run WebAssembly never downloads the other.
 */
export async function loadQueue(): Promise<NewQueue> {
  try {
    const { start } = await import('./queue-wasm.js');
    return await start();
  } catch {
    const { start } = await import('./queue-js.js');
    return start();
  }
}
