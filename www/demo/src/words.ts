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

/**
 * Why a film stands where it stands, as a line on its card. `only` is the film that makes up the whole history, if one
 * does: then the taste is nothing but that film, and saying so says more.
 */
export function because(reason: RankedItem['reason'], catalogue: Catalogue, only: string | null): string {
  switch (reason.kind) {
    case 'because':
      return watched(reason.itemId, catalogue);
    case 'taste':
      return only === null ? 'fits your taste' : watched(only, catalogue);
    case 'popular':
      return 'popular';
    case 'exploration':
      return 'new, and tried out';
    case 'promoted':
      return 'promoted';
    case 'given':
      return 'in the order given';
  }
}

function watched(itemId: string, catalogue: Catalogue): string {
  const film = catalogue.film(itemId);
  return film ? `because you watched ${named(film)}` : 'because of what you watched';
}
