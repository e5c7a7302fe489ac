/** The `ranker` module of WebAssembly. Numbers cross; texts and lists lie in its memory, in rooms that it names. */
import { hex } from '../pkg/ranker.hex.js';
import { instantiate } from './instantiate.js';

export interface RankerModule {
  /** Its functions, `type_function`; what they mean is told beside them in `src/device.rs`. */
  call: Record<string, (...numbers: number[]) => number>;
  /** What lies at an address, until the next call: it may move the memory. */
  bytes(at: number, length: number): Uint8Array;
  u32s(at: number, length: number): Uint32Array;
  f64s(at: number, length: number): Float64Array;
}

let loading: Promise<RankerModule> | undefined;

/** Rejects where the page's security policy forbids WebAssembly, and where the browser has no vector instructions. */
export function loadModule(): Promise<RankerModule> {
  loading ??= instantiate(hex).then((exports) => {
    const memory = exports['memory'] as WebAssembly.Memory;
    return {
      call: exports as RankerModule['call'],
      bytes: (at, length) => new Uint8Array(memory.buffer, at, length),
      u32s: (at, length) => new Uint32Array(memory.buffer, at, length),
      f64s: (at, length) => new Float64Array(memory.buffer, at, length),
    };
  });
  return loading;
}
