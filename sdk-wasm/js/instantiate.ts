/** Starts a module that came as text and imports nothing. */
export async function instantiate(hex: string): Promise<WebAssembly.Exports> {
  const bytes = Uint8Array.from(hex.match(/../g)!, (pair) => parseInt(pair, 16));
  return (await WebAssembly.instantiate(bytes)).instance.exports;
}
