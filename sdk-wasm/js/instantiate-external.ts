/** Stands in for [instantiate](./instantiate.ts) in the entry whose modules are files: compiled while they arrive. */

/** Written out, since bundlers look for exactly this form and take the file along. */
const ADDRESSES: Record<string, URL> = {
  tracker: new URL('./tracker.wasm', import.meta.url),
  ranker: new URL('./ranker.wasm', import.meta.url),
  'ranker-dials': new URL('./ranker-dials.wasm', import.meta.url),
};

/** The build puts the name of a module where the other entry has its text. */
export async function instantiate(name: string): Promise<WebAssembly.Exports> {
  const response = await fetch(ADDRESSES[name]!);
  const bytes = response.clone();
  try {
    return (await WebAssembly.instantiateStreaming(response)).instance.exports;
  } catch {
    // A server that does not know the type application/wasm, or a browser that cannot compile while it downloads.
    return (await WebAssembly.instantiate(await bytes.arrayBuffer())).instance.exports;
  }
}
