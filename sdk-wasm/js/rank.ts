/**
 * The ranker without a tracker: it arranges lists by a vector pack and by what it is told, records nothing and keeps
 * nothing but the pack. Works in Node too. The module of WebAssembly is loaded by the first ranker.
 */
import { givenOrder } from './given-order.js';
import type { Ranker as Loaded } from './packs.js';
import type { Item, Rankable, RankOptions, Ranking } from './types.js';

export { BALANCED } from './types.js';
export type {
  Candidates,
  CompiledFilter,
  FilterValues,
  Item,
  Measures,
  Promotion,
  Rankable,
  RankedItem,
  RankOptions,
  Ranking,
  Reason,
} from './types.js';

/** What `openRanker` is told. */
export interface RankerOptions {
  /** Name of the campaign whose vector pack is downloaded. */
  campaign: string;
  /**
   * Origin of the server, without a slash at the end.
   * @defaultValue `location.origin`
   */
  endpoint?: string;
  /**
   * Loads the ranker that has all options of `rank`; without it `k`, `exclude`, and `seen` as a word work.
   * @defaultValue `false`
   */
  dials?: boolean;
  /**
   * Told each time when a pack can rank: at first, when it is followed by another one, and when items that were ranked
   * have come, of a catalogue that is too large to be downloaded.
   * @defaultValue nobody
   */
  onReady?: () => void;
  /**
   * Hears what went wrong, while the download is tried again.
   * @defaultValue nobody
   */
  onError?: (error: unknown) => void;
}

/** A vector pack, and what one visitor did. */
export interface Ranker {
  /** Resolves when the pack can rank. */
  readonly ready: Promise<void>;
  /** The visitor did something with an item; `weight` says how much that counts, 0 to 16, if not what its type does. */
  observe(itemId: string, weight?: number, eventType?: string): void;
  /** Forgets what was observed. */
  clear(): void;
  /** Orders `candidates`, or the whole catalogue for `null`; keeps the given order before `ready`. */
  rank(candidates: Rankable, options?: RankOptions): Ranking;
  /** All items of the pack, most popular first; empty before `ready`. */
  items(): Item[];
  item(id: string): Item | undefined;
  close(): void;
}

/** As many as the device can use. */
const HISTORY_LENGTH = 100;

/** Starts the download of a pack and returns at once. */
export function openRanker(options: RankerOptions): Ranker {
  const { campaign, dials, endpoint = location.origin, onReady, onError = () => {} } = options;
  let loaded: Loaded | undefined;
  let history: { itemId: string; weight: number | undefined; eventType: string }[] = [];
  let closed = false;
  let becomeReady = () => {};
  const ready = new Promise<void>((resolve) => (becomeReady = resolve));

  async function load() {
    const { createRanker } = await (dials ? import('./ranker-dials.js') : import('./ranker.js'));
    if (closed) return;
    loaded = createRanker({
      events: endpoint + '/events',
      campaign,
      failed: onError,
      ready() {
        history.forEach((entry) => loaded!.observe(entry, entry.weight));
        becomeReady();
        onReady?.();
      },
    });
  }

  load().catch(onError);
  return {
    ready,
    observe(itemId, weight, eventType = '') {
      const entry = { itemId, weight, eventType };
      if (history.push(entry) > HISTORY_LENGTH) history.shift();
      loaded?.observe(entry, weight);
    },
    clear() {
      history = [];
      loaded?.clear();
    },
    rank: (candidates, options) => loaded?.rank(candidates, options) ?? givenOrder(candidates, options, history),
    items: () => loaded?.items() ?? [],
    item: (id) => loaded?.item(id),
    close() {
      closed = true;
      loaded?.close();
    },
  };
}
