/**
 * Whether nobody holds the lock; this page holds it from then on. Without Web Locks everybody adopts everything: the
 * server drops what it has already.
 */
export function adopt(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const available = globalThis.navigator?.locks;
    if (!available) return resolve(true);
    available
      .request(name, { ifAvailable: true }, (lock) => {
        resolve(!!lock);
        return lock && new Promise<void>(() => {});
      })
      .catch(() => resolve(false));
  });
}
