import { hex } from '../pkg/tracker.hex.js';
import { bind } from './bind.js';
import { instantiate } from './instantiate.js';
import type { NewQueue } from './queue.js';

/** Rejects where the page's security policy forbids WebAssembly. */
export const start = async (): Promise<NewQueue> => bind(await instantiate(hex));
