/** Numbers and reasons as the page says them. */

import type { RankedItem } from 'bowerbird';

import type { Catalogue } from './catalogue.js';
import { named } from './film.js';

const numbers = new Intl.NumberFormat('en');

/** "9,742". */
export function count(value: number): string {
  return numbers.format(value);
}

/** "1 film", "2 films". */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** "480 µs", "1.3 ms". Clocks in pages tick in steps of up to 100 µs, so nothing measurable is "under 100 µs". */
export function duration(micros: number): string {
  if (micros < 1) return 'under 100 µs';
  if (micros < 1000) return `${Math.round(micros)} µs`;
  return micros < 100_000 ? `${(micros / 1000).toFixed(1)} ms` : `${count(Math.round(micros / 1000))} ms`;
}

/** Why a film stands where it stands, as a line on its card. */
export function because(reason: RankedItem['reason'], catalogue: Catalogue): string {
  switch (reason.kind) {
    case 'because': {
      const film = catalogue.film(reason.itemId);
      return film ? `because you watched ${named(film)}` : 'because of what you watched';
    }
    case 'taste':
      return 'fits your taste';
    case 'popular':
      return 'popular';
    case 'given':
      return 'in the order given';
  }
}
