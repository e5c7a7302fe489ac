/**
 * The `ranker` module of WebAssembly. Numbers cross; bytes and lists lie in its memory, in rooms that it names. An
 * instance is one pack: dropping it gives its memory back.
 */
import { instantiate } from './instantiate.js';

export interface RankerModule {
  memory: WebAssembly.Memory;
  /** Its functions; what they mean is told beside them in `src/device.rs`. */
  call: Record<string, (...numbers: number[]) => number>;
}

/** Instances of one build of the module. */
export interface Modules {
  /** Rejects where the page's security policy forbids WebAssembly, and where the browser has no vector instructions. */
  prepare(): Promise<unknown>;
  /** An instance of one's own. */
  next(): Promise<RankerModule>;
}

export function modules(text: string): Modules {
  let spare: Promise<WebAssembly.Exports> | undefined;
  const prepare = () => (spare ??= instantiate(text));
  return {
    prepare,
    async next() {
      const call = (await prepare()) as RankerModule['call'];
      spare = undefined;
      return { memory: call['memory'] as unknown as WebAssembly.Memory, call };
    },
  };
}

/** What lies at an address, until the next call: it may move the memory. */
export const bytesAt = ({ memory }: RankerModule, at: number, length: number) =>
  new Uint8Array(memory.buffer, at, length);
export const wordsAt = ({ memory }: RankerModule, at: number, length: number) =>
  new Uint32Array(memory.buffer, at, length);
