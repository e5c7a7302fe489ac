/** Stands in for [instantiate](./instantiate.ts) in the entry whose modules the page brings. */

/** A module in any form that a page may have it in. */
export type Wasm = BufferSource | WebAssembly.Module | Response;

/** The modules of the package; a page that never ranks needs no ranker, and one that turns dials `ranker-dials` alone. */
export interface Modules {
  tracker?: Wasm | Promise<Wasm>;
  ranker?: Wasm | Promise<Wasm>;
  'ranker-dials'?: Wasm | Promise<Wasm>;
}

const given: Record<string, Promise<WebAssembly.Module>> = {};

/**
 * Says where the modules come from; to be called before `init`. Without a `tracker` the upload queue runs as
 * JavaScript, without a `ranker` lists keep the given order.
 */
export function setWasm(modules: Modules): void {
  for (const [name, wasm] of Object.entries(modules) as [string, Wasm | Promise<Wasm>][]) {
    given[name] = Promise.resolve(wasm).then(compile);
    // Whoever needs it is told; a page that never does is not to be shown an error.
    given[name].catch(() => {});
  }
}

/** The build puts the name of a module where the other entry has its text. */
export async function instantiate(name: string): Promise<WebAssembly.Exports> {
  const module = given[name];
  if (!module) throw new Error(`no ${name}.wasm: give it to setWasm before init`);
  return (await WebAssembly.instantiate(await module)).exports;
}

async function compile(wasm: Wasm): Promise<WebAssembly.Module> {
  if (wasm instanceof WebAssembly.Module) return wasm;
  return WebAssembly.compile(wasm instanceof Response ? await wasm.arrayBuffer() : wasm);
}
