/**
 * Holds a lock until the function that comes back is called, or the page ends. Every page holds the one named like its
 * own log, so a log whose lock is free has lost its page, and whoever gets the lock adopts it.
 */
export function hold(name: string): () => void {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  globalThis.navigator?.locks?.request(name, () => released).catch(() => {});
  return release;
}
