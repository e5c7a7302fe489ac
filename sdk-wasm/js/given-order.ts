import type { Rankable, RankOptions, Ranking } from './types.js';

/** The list as it was given, for as long as there is nothing better: filtered and cut like a real ranking. */
export function givenOrder(
  candidates: Rankable,
  { k = 25, exclude = [], seen }: RankOptions = {},
  history: readonly { itemId: string }[] = [],
): Ranking {
  const hidden = new Set(exclude);
  if (seen && seen !== 'keep') history.forEach(({ itemId }) => hidden.add(itemId));
  const ids = candidates && 'ids' in candidates ? candidates.ids : candidates;
  const shown = [...new Set(ids)].filter((itemId) => !hidden.has(itemId)).slice(0, Math.max(0, k));
  return {
    items: shown.map((itemId) => ({ itemId, score: null, reason: { kind: 'given' } })),
    where: 'given-order',
    micros: 0,
    historyLength: history.length,
    packVersion: null,
  };
}
