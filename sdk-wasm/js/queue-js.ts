import * as compiled from '../pkg/tracker.compiled.js';
import { bind } from './bind.js';
import type { NewQueue } from './queue.js';

/** The same module compiled to JavaScript: 1.6 times the size, and no security policy is against it. */
export const start = (): NewQueue => bind(compiled);
