/** Which motifs suit which genre. The first is its own; the others keep a row of the same genre from looking stamped. */

import { blinds, eye, fans, grin, mesas, orbits, ridges, road, skyline, teeth, tower, type Motif } from './figures.js';
import {
  blocks,
  chevrons,
  columns,
  confetti,
  halves,
  pair,
  petals,
  quarters,
  speed,
  spiral,
  steps,
  target,
  window,
} from './patterns.js';

/** What a film without a genre gets. */
export const PLAIN_MOTIFS: readonly Motif[] = [columns, quarters];

export const MOTIFS: ReadonlyMap<string, readonly Motif[]> = new Map([
  ['Film-Noir', [blinds, skyline, eye]],
  ['Western', [mesas, road, ridges]],
  ['Horror', [teeth, eye, spiral, window]],
  ['Sci-Fi', [orbits, window, fans, speed]],
  ['Animation', [confetti, blocks, grin, petals]],
  ['Musical', [fans, petals, confetti]],
  ['War', [chevrons, steps, target]],
  ['Documentary', [columns, steps, quarters]],
  ['Mystery', [eye, blinds, window, spiral]],
  ['Fantasy', [tower, petals, orbits, ridges]],
  ['Romance', [pair, petals, halves, fans]],
  ['Crime', [target, skyline, blinds, road]],
  ['Children', [blocks, grin, petals, confetti]],
  ['Thriller', [spiral, skyline, steps, window, road]],
  ['Adventure', [ridges, road, tower, chevrons]],
  ['Comedy', [grin, confetti, quarters, pair]],
  ['Action', [speed, chevrons, target, skyline]],
  ['Drama', [halves, quarters, window, pair, steps, road]],
]);
