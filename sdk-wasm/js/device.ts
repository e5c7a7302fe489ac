/** A vector pack opened by the Rust half, in the page's terms. */
import { Device as Module, __wbg_set_wasm } from '../pkg/ranker_bg.js';
import * as glue from '../pkg/ranker_bg.js';
import { hex } from '../pkg/ranker.hex.js';
import { instantiate } from './instantiate.js';
import type { Item, RankedItem, RankOptions, Reason } from './types.js';

const SEPARATOR = '\0';
const INNER_SEPARATOR = '\x01';
/** Stands for an item that the pack does not know. */
const NO_ITEM = 0xffffffff;
const REASONS = ['because', 'taste', 'popular', 'given'] as const;

export interface Device {
  rank(candidates: readonly string[] | null, options: RankOptions): RankedItem[];
  observe(itemId: string, weight: number): void;
  observed(): number;
  clear(): void;
  items(): Item[];
  item(id: string): Item | undefined;
  free(): void;
}

/** Throws, with what to do about it, when the bytes are not a usable pack. */
export type OpenDevice = (bytes: Uint8Array, version: string) => Device;

/** Starts the module; rejects where the page's security policy forbids WebAssembly. */
let loading: Promise<OpenDevice> | undefined;
export function loadDevice(): Promise<OpenDevice> {
  loading ??= instantiate(hex, glue as unknown as Record<string, unknown>).then((exports) => {
    __wbg_set_wasm(exports);
    (exports['__wbindgen_start'] as (() => void) | undefined)?.();
    return open;
  });
  return loading;
}

function open(bytes: Uint8Array): Device {
  const module = new Module(bytes);
  const ids = list(module.ids());
  const positions = new Map(ids.map((id, position) => [id, position]));
  let all: Item[] | undefined;
  let byId: Map<string, Item> | undefined;
  const items = () => (all ??= readItems(module, ids));
  return {
    rank(candidates, { k = 25, exclude, seen = 'keep' }) {
      const unseen = seen === 'exclude';
      const hidden = new Set(exclude);
      if (candidates === null) {
        const rows = module.recommend(size(k + hidden.size, ids), unseen);
        return ranked(rows, ids, ids)
          .filter(({ itemId }) => !hidden.has(itemId))
          .slice(0, Math.max(0, k));
      }
      const shown: string[] = [];
      const at = new Uint32Array(candidates.length);
      for (const id of candidates) {
        const position = positions.get(id) ?? NO_ITEM;
        if (hidden.has(id)) continue;
        // The module tells apart what the pack knows.
        if (position === NO_ITEM) hidden.add(id);
        at[shown.length] = position;
        shown.push(id);
      }
      return ranked(module.rerank(at.subarray(0, shown.length), size(k, shown), unseen), shown, ids);
    },
    observe: (itemId, weight) => module.observe(itemId, weight),
    observed: () => module.observed(),
    clear: () => module.clear(),
    items,
    item(id) {
      byId ??= new Map(items().map((item) => [item.itemId, item]));
      return byId.get(id);
    },
    free: () => module.free(),
  };
}

const size = (k: number, { length }: readonly unknown[]) => Math.max(0, Math.min(k, length));
const list = (text: string) => (text ? text.split(SEPARATOR) : []);

/** Four numbers per item; what they mean is told beside `Device::rerank`. */
function ranked(rows: Uint32Array, given: readonly string[], ids: readonly string[]): RankedItem[] {
  const scores = new Float32Array(rows.buffer, rows.byteOffset, rows.length);
  return Array.from({ length: rows.length / 4 }, (_, row) => {
    const at = row * 4;
    const kind = REASONS[rows[at + 2]!]!;
    const reason: Reason = kind === 'because' ? { kind, itemId: ids[rows[at + 3]!]! } : { kind };
    return { itemId: given[rows[at]!]!, score: kind === 'given' ? null : scores[at + 1]!, reason };
  });
}

function readItems(module: Module, ids: readonly string[]): Item[] {
  const columns = list(module.columns()).map((name, column) => ({ name, cells: readColumn(module, column) }));
  const popularity = module.popularity();
  const order = Array.from(ids.keys()).sort((a, b) => popularity[b]! - popularity[a]! || a - b);
  return order.map((at) => ({
    itemId: ids[at]!,
    columns: Object.fromEntries(columns.map(({ name, cells }) => [name, cells[at] ?? null])),
  }));
}

function readColumn(module: Module, column: number): (string | number | string[] | null)[] {
  const kind = module.kind(column);
  if (kind === 2) return Array.from(module.numbers(column), (cell) => (Number.isNaN(cell) ? null : cell));
  const texts = module.texts(column).split(SEPARATOR);
  return texts.map((cell) => (cell ? (kind === 1 ? cell.split(INNER_SEPARATOR) : cell) : null));
}
