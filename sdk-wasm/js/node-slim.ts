/** The slim entry for servers that render pages. */
import type { Modules } from './instantiate-given.js';

export * from './node.js';

export function setWasm(_modules: Modules): void {}
