/**
 * The `ranker` module of WebAssembly. Numbers cross; bytes and lists lie in its memory, in rooms that it names. An
 * instance is one pack: dropping it gives its memory back.
 */
import { hex } from '../pkg/ranker.hex.js';
import { instantiate } from './instantiate.js';

export interface RankerModule {
  memory: WebAssembly.Memory;
  /** Its functions; what they mean is told beside them in `src/device.rs`. */
  call: Record<string, (...numbers: number[]) => number>;
}

let spare: Promise<WebAssembly.Exports> | undefined;

/** Rejects where the page's security policy forbids WebAssembly, and where the browser has no vector instructions. */
export function prepare(): Promise<unknown> {
  return (spare ??= instantiate(hex));
}

/** An instance of one's own. */
export async function newInstance(): Promise<RankerModule> {
  const exports = (await prepare()) as RankerModule['call'];
  spare = undefined;
  return { memory: exports['memory'] as unknown as WebAssembly.Memory, call: exports };
}

/** What lies at an address, until the next call: it may move the memory. */
export const bytesAt = ({ memory }: RankerModule, at: number, length: number) =>
  new Uint8Array(memory.buffer, at, length);
export const wordsAt = ({ memory }: RankerModule, at: number, length: number) =>
  new Uint32Array(memory.buffer, at, length);
