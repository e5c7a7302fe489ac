/** What a page may turn: dials, and filters, in terms of the module (`src/device/dials.rs`). */
import type { MakeDials } from './device.js';
import { filters } from './filter.js';
import { bytesAt, wordsAt } from './ranker-module.js';
import type { RankOptions } from './types.js';

/** How many dials the module has; their order is that of `dials` in `src/device.rs`. */
const DIALS = 14;
/** More types of events than the module tells apart are one. */
const KINDS = 32;
const DAY_MS = 86_400_000;

export const dials: MakeDials = (module, pack, position) => {
  const { call } = module;
  const encoder = new TextEncoder();
  const kinds = new Map<string, number>();
  const columns = new Map(pack.columns().map(({ name }, column) => [name, column]));
  const noDials = new Float32Array(DIALS);
  noDials[6] = noDials[11] = -1;
  const wanted = new Float32Array(DIALS);
  let turned = noDials.slice();
  let boosted: RankOptions['boosts'];
  let boostedBy: RankOptions['boostsBy'];
  let situated = '';
  let events = 0;

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

  const column = (name: string | undefined) => (name === undefined ? -1 : (columns.get(name) ?? -1));

  /** The words of a column that is not there are those of no item. */
  function boost(column: number, weights: Readonly<Record<string, number>>) {
    for (const [word, weight] of Object.entries(weights)) call.boost!(sets().withWord(column, word), weight);
  }

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
    const { boosts, boostsBy, context } = options;
    const values = Object.entries(context ?? {}).map(([name, value]) => `${name.toUpperCase()}\0${value}`);
    const situation = values.join('\0');
    let same = boosts === boosted && boostsBy === boostedBy && situation === situated;
    for (let at = 0; same && at < DIALS; at++) same = wanted[at] === turned[at];
    if (same) return;
    boosted = boosts;
    boostedBy = boostsBy;
    situated = situation;
    for (const value of values) {
      const key = encoder.encode(value);
      bytesAt(module, call.byte_room!(key.length), key.length).set(key);
      call.situate!();
    }
    for (const [name, weights] of Object.entries(boostsBy ?? {})) boost(column(name), weights);
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

  return {
    turn(options) {
      turn(options);
      const { filter, filterValues = {}, user = {}, promotion, seen } = options;
      const passes = filter ? sets().set(filter, filterValues, user, events) : 0;
      const promoted = promotion ? sets().set(promotion.filter, promotion.filterValues ?? {}, user, events) : 0;
      const hidden = seen === 'exclude' ? 1 : !seen || seen === 'keep' ? 0 : sets().inEvents(seen);
      return [hidden, passes, promoted];
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
    changed(eventType) {
      events++;
      return eventType === undefined ? 0 : kind(eventType);
    },
  };
};
