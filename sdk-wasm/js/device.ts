/** A vector pack opened by the Rust half, in the page's terms. */
import { openPack } from './pack.js';
import { bytesAt, newInstance, wordsAt } from './ranker-module.js';
import type { Candidates, Item, Rankable, RankedItem, RankOptions, Reason } from './types.js';

/** Stands for the list of all items. */
const CATALOGUE = 0xffffffff;
/** By the numbers of `rank`. */
const REASONS: (Reason | undefined)[] = [undefined, { kind: 'taste' }, { kind: 'popular' }];
const GIVEN: Reason = { kind: 'given' };

export interface Device {
  rank(candidates: Rankable, options: RankOptions): RankedItem[];
  observe(itemId: string, weight: number): void;
  observed(): number;
  clear(): void;
  /** How many items there are. */
  size(): number;
  items(): Item[];
  item(id: string): Item | undefined;
}

/** A list that the module knows by number; `shown` has the ids by the positions that come back. */
interface List {
  number: number;
  shown: readonly string[];
  /** What the pack does not know. */
  unknown: readonly string[];
}

/** Throws, with what to do about it, when the bytes are not a usable pack. */
export async function openDevice(packed: Uint8Array): Promise<Device> {
  const module = await newInstance();
  const { call } = module;
  const pack = openPack(module, packed);
  const encoder = new TextEncoder();
  const kept = new WeakMap<Candidates, List>();
  const unused = new FinalizationRegistry((number: number) => call.forget!(number));
  let positions: Map<string, number> | undefined;
  let byId: Map<string, Item> | undefined;

  function look(candidates: readonly string[]): List {
    positions ??= new Map(pack.ids().map((id, position) => [id, position]));
    const [shown, unknown]: [string[], string[]] = [[], []];
    const unique = new Set(candidates);
    const room = wordsAt(module, call.word_room!(unique.size), unique.size);
    for (const id of unique) {
      const position = positions.get(id);
      if (position === undefined) unknown.push(id);
      else room[shown.push(id) - 1] = position;
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

  function rankList({ number, shown, unknown }: List, k: number, seen: RankOptions['seen']): RankedItem[] {
    const at = call.rank!(number, Math.max(0, Math.min(k, shown.length)), Number(seen === 'exclude'));
    const count = 4 * wordsAt(module, at, 1)[0]!;
    const rows = wordsAt(module, at + 4, count);
    const scores = new Float32Array(module.memory.buffer, at + 4, count);
    const found: RankedItem[] = [];
    for (let row = 0; row < count; row += 4) {
      const reason = REASONS[rows[row + 2]!] ?? { kind: 'because', itemId: pack.ids()[rows[row + 3]!]! };
      found.push({ itemId: shown[rows[row]!]!, score: scores[row + 1]!, reason });
    }
    for (let next = 0; next < unknown.length && found.length < k; next++)
      found.push({ itemId: unknown[next]!, score: null, reason: GIVEN });
    return found;
  }

  function rankAny(candidates: Rankable, k: number, seen: RankOptions['seen']): RankedItem[] {
    if (candidates === null) return rankList({ number: CATALOGUE, shown: pack.ids(), unknown: [] }, k, seen);
    if ('ids' in candidates) return rankList(keep(candidates), k, seen);
    const list = look(candidates);
    const found = rankList(list, k, seen);
    call.forget!(list.number);
    return found;
  }

  return {
    rank(candidates, { k = 25, exclude, seen }) {
      if (!exclude?.length) return rankAny(candidates, k, seen);
      const hidden = new Set(exclude);
      const found = rankAny(candidates, k + hidden.size, seen);
      return found.filter(({ itemId }) => !hidden.has(itemId)).slice(0, Math.max(0, k));
    },
    observe(itemId, weight) {
      const id = encoder.encode(itemId);
      bytesAt(module, call.byte_room!(id.length), id.length).set(id);
      call.observe!(weight);
    },
    observed: () => call.observed!(),
    clear: () => void call.clear!(),
    size: () => pack.size,
    items: pack.items,
    item(id) {
      byId ??= new Map(pack.items().map((item) => [item.itemId, item]));
      return byId.get(id);
    },
  };
}
