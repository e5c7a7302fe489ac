/** A vector pack opened by the Rust half, in the page's terms. */
import { filters } from './filter.js';
import { openPack } from './pack.js';
import { bytesAt, newInstance, wordsAt } from './ranker-module.js';
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
/** How many dials the module has; their order is that of `dials` in `src/device.rs`. */
const DIALS = 14;
/** More types of events than the module tells apart are one. */
const KINDS = 32;
const DAY_MS = 86_400_000;

export interface Device {
  rank(candidates: Rankable, options: RankOptions): RankedItem[];
  observe(event: { itemId: string; eventType: string }, weight: number): void;
  observed(): number;
  measure(list: readonly RankedItem[], options: RankOptions): Measures;
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

  const kinds = new Map<string, number>();
  const columns = new Map(pack.columns().map((name, column) => [name, column]));
  const noDials = new Float32Array(DIALS);
  noDials[6] = noDials[11] = -1;
  const wanted = new Float32Array(DIALS);
  let turned = noDials.slice();
  let boosted: RankOptions['boosts'];
  let events = 0;
  /** The whole memory, until it grows. */
  let rows = new Uint32Array(0);
  let scores = new Float32Array(0);

  function kind(eventType: string): number {
    const name = eventType.toLowerCase();
    if (!kinds.has(name)) kinds.set(name, Math.min(kinds.size, KINDS - 1));
    return kinds.get(name)!;
  }

  const kindsOf = (eventType: string) => {
    const known = kinds.get(eventType.toLowerCase());
    return eventType === '*' ? -1 : known === undefined ? 0 : 1 << known;
  };
  let filtering: ReturnType<typeof filters> | undefined;
  const sets = () => (filtering ??= filters(module, pack, kindsOf));

  function position(id: string): number | undefined {
    positions ??= new Map(pack.ids().map((id, position) => [id, position]));
    return positions.get(id);
  }

  const column = (name: string | undefined) => (name === undefined ? -1 : (columns.get(name) ?? -1));

  /** Only what has changed crosses. */
  function turn(options: RankOptions) {
    wanted.set(noDials);
    wanted[0] = options.debias ?? 0;
    wanted[1] = options.freshness ?? 0;
    wanted[2] = options.halfLifeDays ?? 7;
    wanted[3] = options.diversity ?? 0;
    wanted[4] = Number(options.diversify === 'dpp');
    wanted[5] = options.calibration ?? 0;
    wanted[6] = column(options.by);
    wanted[7] = options.cap ?? 0;
    wanted[8] = options.explorationWeight ?? 0;
    wanted[9] = options.explorationItemAgeCutOff ?? 30;
    wanted[10] = options.promotion ? (options.promotion.percentPromotedItems ?? 20) / 100 : 0;
    if (wanted[1] || wanted[8]) {
      wanted[11] = column(options.created ?? 'CREATION_TIMESTAMP');
      wanted[12] = Math.floor((options.now ?? Date.now()) / DAY_MS);
    }
    wanted[13] = options.seed ?? 0;
    const { boosts } = options;
    let same = boosts === boosted;
    for (let at = 0; same && at < DIALS; at++) same = wanted[at] === turned[at];
    if (same) return;
    boosted = boosts;
    turned = wanted.slice();
    const pairs = Object.entries(boosts ?? {}).flatMap(([id, boost]) => {
      const at = position(id);
      return at === undefined ? [] : [[at, boost] as const];
    });
    const length = DIALS + 2 * pairs.length;
    const words = wordsAt(module, call.word_room!(length), length);
    const floats = new Float32Array(words.buffer, words.byteOffset, length);
    floats.set(turned);
    pairs.forEach(([at, boost], number) => {
      words[DIALS + 2 * number] = at;
      floats[DIALS + 2 * number + 1] = boost;
    });
    call.turn!();
  }

  function rankList({ number, shown, unknown }: List, k: number, options: RankOptions): RankedItem[] {
    turn(options);
    const { filter, filterValues = {}, user = {}, promotion, seen } = options;
    const passes = filter ? sets().set(filter, filterValues, user, events) : 0;
    const promoted = promotion ? sets().set(promotion.filter, promotion.filterValues ?? {}, user, events) : 0;
    const hidden = seen === 'exclude' ? 1 : !seen || seen === 'keep' ? 0 : sets().inEvents(seen);
    const at = call.rank!(number, Math.max(0, Math.min(k, shown.length)), hidden, passes, promoted);
    const { buffer } = module.memory;
    if (rows.buffer !== buffer) [rows, scores] = [new Uint32Array(buffer), new Float32Array(buffer)];
    const first = at / 4 + 1;
    const end = first + 4 * rows[at / 4]!;
    const found: RankedItem[] = [];
    for (let row = first; row < end; row += 4) {
      const reason = REASONS[rows[row + 2]!] ?? { kind: 'because', itemId: pack.ids()[rows[row + 3]!]! };
      found.push({ itemId: shown[rows[row]!]!, score: scores[row + 1]!, reason });
    }
    for (let next = 0; !passes && next < unknown.length && found.length < k; next++)
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
    measure(list, options) {
      turn(options);
      const known = list.flatMap(({ itemId }) => position(itemId) ?? []);
      wordsAt(module, call.word_room!(known.length), known.length).set(known);
      call.measure!();
      const at = call.word_room!(4);
      const [novelty, diversity, serendipity, coverage] = new Float32Array(module.memory.buffer, at, 4);
      return { novelty: novelty!, diversity: diversity!, serendipity: serendipity!, coverage: coverage! };
    },
    observe({ itemId, eventType }, weight) {
      const id = encoder.encode(itemId);
      bytesAt(module, call.byte_room!(id.length), id.length).set(id);
      call.observe!(weight, kind(eventType));
      events++;
    },
    observed: () => call.observed!(),
    clear() {
      call.clear!();
      events++;
    },
    size: () => pack.size,
    items: pack.items,
    item(id) {
      byId ??= new Map(pack.items().map((item) => [item.itemId, item]));
      return byId.get(id);
    },
  };
}
