import { UploadQueue, __wbg_set_wasm } from '../pkg/tracker_bg.js';
import { hex } from '../pkg/tracker.hex.js';
import { instantiate } from './instantiate.js';
import type { NewQueue } from './queue.js';

/** Rejects where the page's security policy forbids WebAssembly. */
export async function start(): Promise<NewQueue> {
  __wbg_set_wasm(await instantiate(hex));
  return (batchSize, flushInterval) => new UploadQueue(batchSize, flushInterval);
}
