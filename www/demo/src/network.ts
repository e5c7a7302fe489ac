/**
 * "Pull the plug." Cuts the page's own way out, so that a visitor can see what clicks do without a network.
 *
 * It is a simulation, and the page says so: every request that this page starts fails the way it does on a dead
 * network. Nothing outside the page is touched. Import it before `bowerbird`, so that whatever the package keeps hold
 * of is already this fetch.
 */

let cut = false;

const realFetch = globalThis.fetch.bind(globalThis);
globalThis.fetch = (input, init) => (cut ? Promise.reject(new TypeError('Failed to fetch')) : realFetch(input, init));

const realBeacon = navigator.sendBeacon.bind(navigator);
navigator.sendBeacon = (url, data) => (cut ? false : realBeacon(url, data));

// fetchLater leaves from the browser after the page is gone, so a cut page must not arm it at all.
const deferred = globalThis as { fetchLater?: (...args: unknown[]) => { activated: boolean } };
if (deferred.fetchLater) {
  const realFetchLater = deferred.fetchLater.bind(globalThis);
  deferred.fetchLater = (...args) => (cut ? { activated: false } : realFetchLater(...args));
}

const realOnline = Object.getOwnPropertyDescriptor(Navigator.prototype, 'onLine');
Object.defineProperty(navigator, 'onLine', {
  configurable: true,
  get: () => !cut && (realOnline?.get?.call(navigator) as boolean),
});

/** Whether the page's requests fail right now. */
export function isCut(): boolean {
  return cut;
}

/** Cuts or joins the page's network, and tells the page as a browser does: by `offline` and `online`. */
export function setCut(next: boolean): void {
  if (next === cut) return;
  cut = next;
  window.dispatchEvent(new Event(cut ? 'offline' : 'online'));
}
