/** Sliders that say how far the lists may go from pure relevance; the page ranks anew while they are dragged. */

import type { RankOptions } from 'bowerbird';

import { byId } from '../dom.js';

/** By the id of the slider. */
type Dial = 'debias' | 'diversity' | 'calibration';

/** What a slider at its end means. Scores of the best films are around ten times their root mean square. */
const MOST: Record<Dial, number> = { debias: 10, diversity: 1, calibration: 1 };
/** Sliders go from 0 to 100. */
const WHOLE = 100;

export function onDials(changed: () => void): void {
  byId('dials').addEventListener('input', changed);
}

/** What the sliders say. `genres` is the column's name in the pack; without one only popularity and variety work. */
export function readDials(genres: string | undefined): RankOptions {
  const options: RankOptions = genres === undefined ? {} : { by: genres };
  for (const [dial, most] of Object.entries(MOST) as [Dial, number][])
    options[dial] = (most * byId<HTMLInputElement>(dial).valueAsNumber) / WHOLE;
  return options;
}
