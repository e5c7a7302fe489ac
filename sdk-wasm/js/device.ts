/** A vector pack opened by the Rust half, in the page's terms. */
import { readIds, readItems } from './items.js';
import { openPack } from './open-pack.js';
import { loadModule, type RankerModule } from './ranker-module.js';
import type { Candidates, Item, Rankable, RankedItem, RankOptions, Reason } from './types.js';

/** Stands for an item that the pack does not know, and for the list of all items. */
const NONE = 0xffffffff;
/** By the numbers of `Device::rank`. */
const REASONS: (Reason | undefined)[] = [undefined, { kind: 'taste' }, { kind: 'popular' }, { kind: 'given' }];
const GIVEN = 3;

export interface Device {
  rank(candidates: Rankable, options: RankOptions): RankedItem[];
  observe(itemId: string, weight: number): void;
  observed(): number;
  clear(): void;
  /** How many items there are. */
  size(): number;
  items(): Item[];
  item(id: string): Item | undefined;
  free(): void;
}

/** Throws, with what to do about it, when the bytes are not a usable pack. */
export type OpenDevice = (bytes: Uint8Array) => Device;

/** Rejects where the browser or the page's security policy has no WebAssembly for it. */
export async function loadDevice(): Promise<OpenDevice> {
  const module = await loadModule();
  return (bytes) => device(module, openPack(module, bytes));
}

/** A list that the module knows by number; `shown` has the ids by the positions that come back. */
interface List {
  number: number;
  shown: readonly string[];
}

function device(module: RankerModule, self: number): Device {
  const { call, bytes, u32s } = module;
  const encoder = new TextEncoder();
  const kept = new WeakMap<Candidates, List>();
  const unused = new FinalizationRegistry((number: number) => self && call.device_forget!(self, number));
  let allIds: string[] | undefined;
  let positions: Map<string, number> | undefined;
  let allItems: Item[] | undefined;
  let byId: Map<string, Item> | undefined;
  const ids = () => (allIds ??= readIds(module, self));
  const items = () => (allItems ??= readItems(module, self, ids()));

  function look(candidates: readonly string[]): List {
    positions ??= new Map(ids().map((id, position) => [id, position]));
    const shown: string[] = [];
    const unknown = new Set<string>();
    const room = u32s(call.device_list_room!(self, candidates.length), candidates.length);
    for (const id of candidates) {
      const position = positions.get(id) ?? NONE;
      if (position === NONE) {
        // The module tells apart what the pack knows.
        if (unknown.has(id)) continue;
        unknown.add(id);
      }
      room[shown.length] = position;
      shown.push(id);
    }
    return { number: call.device_keep_list!(self, shown.length), shown };
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

  function rankList({ number, shown }: List, k: number, seen: RankOptions['seen']): RankedItem[] {
    const wanted = Math.max(0, Math.min(k, shown.length));
    const count = call.device_rank!(self, number, wanted, Number(seen === 'exclude'));
    const rows = u32s(call.device_rows!(self), count * 4);
    const scores = new Float32Array(rows.buffer, rows.byteOffset, rows.length);
    const found: RankedItem[] = [];
    for (let at = 0; at < rows.length; at += 4) {
      const reason = REASONS[rows[at + 2]!] ?? { kind: 'because', itemId: ids()[rows[at + 3]!]! };
      const score = rows[at + 2] === GIVEN ? null : scores[at + 1]!;
      found.push({ itemId: shown[rows[at]!]!, score, reason });
    }
    return found;
  }

  function rankAny(candidates: Rankable, k: number, seen: RankOptions['seen']): RankedItem[] {
    if (candidates === null) return rankList({ number: NONE, shown: ids() }, k, seen);
    if ('ids' in candidates) return rankList(keep(candidates), k, seen);
    const list = look(candidates);
    const found = rankList(list, k, seen);
    call.device_forget!(self, list.number);
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
      bytes(call.device_id_room!(self, id.length), id.length).set(id);
      call.device_observe!(self, id.length, weight);
    },
    observed: () => call.device_observed!(self),
    clear: () => void call.device_clear!(self),
    size: () => call.device_items!(self),
    items,
    item(id) {
      byId ??= new Map(items().map((item) => [item.itemId, item]));
      return byId.get(id);
    },
    free() {
      call.__wbg_device_free!(self, 0);
      self = 0;
    },
  };
}
