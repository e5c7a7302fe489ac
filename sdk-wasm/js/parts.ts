/**
 * Of a catalogue that is too large to be downloaded, the items that a page ranks: asked for by name, as soon as it ranks
 * them. Loaded where there is such a catalogue.
 */
import type { Device } from './device.js';
import type { Candidates, Rankable } from './types.js';

/** As many as the server gives; the latest ones. */
const NAMED = 2000;

/** What is to be ranked of `candidates` now; asks for what is not here yet. */
export type Want = (device: Device, candidates: Rankable) => Rankable;

/** `ask` gets the names for the address, once for all that one task wants. */
export function parts(ask: (items: string) => void): Want {
  const wanted = new Set<string>();
  const all = new WeakMap<Device, Candidates>();
  let asking: ReturnType<typeof setTimeout> | undefined;

  /** What there is, for a page that ranks everything. */
  function everything(device: Device): Candidates {
    let here = all.get(device);
    if (!here) all.set(device, (here = { ids: device.items().map(({ itemId }) => itemId) }));
    return here;
  }

  return (device, candidates) => {
    if (!candidates) return everything(device);
    for (const id of 'ids' in candidates ? candidates.ids : candidates) {
      if (wanted.has(id) || device.item(id)) continue;
      wanted.add(id);
      asking ??= setTimeout(() => {
        asking = undefined;
        ask([...wanted].slice(-NAMED).map(encodeURIComponent).join());
      });
    }
    return candidates;
  };
}
