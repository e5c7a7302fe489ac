/** Where the order was computed, from how much, and how long it took. */

import type { Ranking } from 'bowerbird';

import { byId, setText } from '../dom.js';
import { count, duration, plural } from '../words.js';

/** What one rearrangement of the page amounted to. */
export interface Rearrangement {
  /** The row "For you". */
  first: Ranking;
  /** Candidates of that row. */
  candidates: number;
  /** Lists ranked in all. */
  lists: number;
  /** Microseconds for all of them. */
  micros: number;
}

export function showRanking({ first, candidates, lists, micros }: Rearrangement): void {
  const here = first.where === 'device';
  setText(byId('ranking-time'), here ? duration(first.micros) : '–');
  setText(
    byId('ranking-where'),
    here ? `for ${plural(candidates, 'film')}, on this device` : 'The films keep the order given',
  );
  const pack = first.packVersion === null ? 'No vector pack' : `Vector pack ${first.packVersion.slice(0, 8)}`;
  showMeasures(first);
  setText(byId('ranking-detail'), `All ${count(lists)} rows: ${duration(micros)}. ${pack}.`);
}

function showMeasures(first: Ranking): void {
  const measures = first.measures?.();
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const text = measures && `Little known ${percent(measures.novelty)}, varied ${percent(measures.diversity)}.`;
  setText(byId('ranking-measures'), text ?? '');
}
