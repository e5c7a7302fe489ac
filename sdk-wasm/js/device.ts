/** A vector pack opened by the Rust half, in the page's terms. */
import { openPack, type Pack } from './pack.js';
import { bytesAt, type RankerModule, wordsAt } from './ranker-module.js';
import type { Candidates, Item, Measures, Rankable, RankedItem, RankOptions, Reason } from './types.js';

/** Stands for the list of all items. */
const CATALOGUE = 0xffffffff;
/** By the numbers of `rank`. */
const REASONS: (Reason | undefined)[] = [
  undefined,
  { kind: 'taste' },
  { kind: 'popular' },
  { kind: 'exploration' },
  { kind: 'promoted' },
];
const GIVEN: Reason = { kind: 'given' };
export interface Device {
  rank(candidates: Rankable, options: RankOptions): RankedItem[];
  observe(event: { itemId: string; eventType: string }, weight: number): void;
  observed(): number;
  /** Where there are dials. */
  measure?: Dials['measure'];
  clear(): void;
  /** How many items there are. */
  size(): number;
  /** Those of the pack, until the next call. */
  bytes(): Uint8Array;
  items(): Item[];
  item(id: string): Item | undefined;
}

/** What the build with [dials](./dials.ts) does besides. */
export interface Dials {
  /** Turns them and answers three sets of items: what may not come back, what passes, what is promoted; 0 for none. */
  turn(options: RankOptions): readonly [hidden: number, passes: number, promoted: number];
  measure(list: readonly RankedItem[], options: RankOptions): Measures;
  /** The history is another one: by an event of this type, whose kind comes back, or by having been forgotten. */
  changed(eventType?: string): number;
}

export type MakeDials = (module: RankerModule, pack: Pack, position: (id: string) => number | undefined) => Dials;

/** A list that the module knows by number; `shown` has the ids by the positions that come back. */
interface List {
  number: number;
  shown: readonly string[];
  /** What the pack does not know. */
  unknown: readonly string[];
}

/** Throws like `openPack`. */
export function openDevice(module: RankerModule, packed: Uint8Array, makeDials?: MakeDials): Device {
  const { call } = module;
  const pack = openPack(module, packed);
  const encoder = new TextEncoder();
  const kept = new WeakMap<Candidates, List>();
  const unused = new FinalizationRegistry((number: number) => call.forget!(number));
  let positions: Map<string, number> | undefined;
  let byId: Map<string, Item> | undefined;

  function look(candidates: readonly string[]): List {
    const [shown, unknown]: [string[], string[]] = [[], []];
    const unique = new Set(candidates);
    const room = wordsAt(module, call.word_room!(unique.size), unique.size);
    for (const id of unique) {
      const at = position(id);
      if (at === undefined) unknown.push(id);
      else room[shown.push(id) - 1] = at;
    }
    call.word_room!(shown.length);
    return { number: call.keep!(), shown, unknown };
  }

  /** Looked up once: from then on only its number crosses. */
  function keep(candidates: Candidates): List {
    let list = kept.get(candidates);
    if (!list) {
      kept.set(candidates, (list = look(candidates.ids)));
      unused.register(candidates, list.number);
    }
    return list;
  }

  /** The whole memory, until it grows. */
  let rows = new Uint32Array(0);
  let scores = new Float32Array(0);

  function position(id: string): number | undefined {
    positions ??= new Map(pack.ids().map((id, position) => [id, position]));
    return positions.get(id);
  }

  const dials = makeDials?.(module, pack, position);

  function rankList({ number, shown, unknown }: List, k: number, options: RankOptions): RankedItem[] {
    const sets = dials ? dials.turn(options) : ([Number(options.seen === 'exclude'), 0, 0] as const);
    const at = call.rank!(number, Math.max(0, Math.min(k, shown.length)), sets[0], sets[1], sets[2]);
    // Memory that has grown is another buffer, and what was made of the old one is empty.
    if (!rows.length) scores = new Float32Array((rows = new Uint32Array(module.memory.buffer)).buffer);
    const first = at / 4 + 1;
    const end = first + 4 * rows[at / 4]!;
    const found: RankedItem[] = [];
    for (let row = first; row < end; row += 4) {
      const reason = REASONS[rows[row + 2]!] ?? { kind: 'because', itemId: pack.ids()[rows[row + 3]!]! };
      found.push({ itemId: shown[rows[row]!]!, score: scores[row + 1]!, reason });
    }
    for (let next = 0; !sets[1] && next < unknown.length && found.length < k; next++)
      found.push({ itemId: unknown[next]!, score: null, reason: GIVEN });
    return found;
  }

  function rankAny(candidates: Rankable, k: number, options: RankOptions): RankedItem[] {
    if (candidates === null) return rankList({ number: CATALOGUE, shown: pack.ids(), unknown: [] }, k, options);
    if ('ids' in candidates) return rankList(keep(candidates), k, options);
    const list = look(candidates);
    const found = rankList(list, k, options);
    call.forget!(list.number);
    return found;
  }

  return {
    rank(candidates, options) {
      const { k = 25, exclude } = options;
      if (!exclude?.length) return rankAny(candidates, k, options);
      const hidden = new Set(exclude);
      const found = rankAny(candidates, k + hidden.size, options);
      return found.filter(({ itemId }) => !hidden.has(itemId)).slice(0, Math.max(0, k));
    },
    ...(dials && { measure: dials.measure }),
    observe({ itemId, eventType }, weight) {
      const id = encoder.encode(itemId);
      bytesAt(module, call.byte_room!(id.length), id.length).set(id);
      call.observe!(weight, dials?.changed(eventType) ?? 0);
    },
    observed: () => call.observed!(),
    clear() {
      call.clear!();
      dials?.changed();
    },
    size: () => pack.size,
    bytes: pack.bytes,
    items: pack.items,
    item(id) {
      byId ??= new Map(pack.items().map((item) => [item.itemId, item]));
      return byId.get(id);
    },
  };
}
