/**
 * Who sends which log: every page holds the lock named like its own log, so a log whose lock is free has lost its
 * page, and whoever gets the lock adopts it.
 */

const locks = () => (typeof navigator === 'undefined' ? undefined : navigator.locks);

/** Holds a lock until the function that comes back is called, or the page ends. */
export function hold(name: string): () => void {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  locks()
    ?.request(name, () => released)
    .catch(() => {});
  return release;
}

/**
 * Whether nobody holds the lock; this page holds it from then on. Without Web Locks everybody adopts everything: the
 * server drops what it has already.
 */
export function adopt(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const available = locks();
    if (!available) return resolve(true);
    available
      .request(name, { ifAvailable: true }, (lock) => {
        resolve(!!lock);
        return lock && new Promise<void>(() => {});
      })
      .catch(() => resolve(false));
  });
}
