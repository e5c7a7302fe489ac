/** Starts a module that came as text. Its imports are what the generated glue offers, by name. */
export async function instantiate(hex: string, glue: Record<string, unknown> = {}): Promise<WebAssembly.Exports> {
  const bytes = Uint8Array.from(hex.match(/../g)!, (pair) => parseInt(pair, 16));
  const module = await WebAssembly.compile(bytes);
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    (imports[from] ??= {})[name] = (glue[name] as WebAssembly.ImportValue | undefined) ?? trap;
  }
  return (await WebAssembly.instantiate(module, imports)).exports;
}

/** The tracker imports nothing but the way to report its own bugs. */
function trap(): never {
  throw new Error('bowerbird: internal error');
}
