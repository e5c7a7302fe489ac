/**
 * "Here is a film; give me a poster that nobody has to download."
 *
 * Its genres lend colours and motif, the most telling one first, and the id seeds the choice and the drawing: two dramas
 * differ, and the same film always looks the same.
 */

import { make } from '../dom.js';
import type { Film } from '../film.js';
import { pick } from './draw.js';
import { MOTIFS, PLAIN_MOTIFS } from './motifs.js';
import { PALETTES, PLAIN } from './palettes.js';
import { seeded, type Random } from './random.js';

/** Draws the poster; it is decoration, so assistive technology reads the card's own label instead. */
export function poster(film: Film): HTMLElement {
  const random = seeded(film.id);
  const telling = [...PALETTES.keys()].filter((genre) => film.genres.includes(genre));
  const colours = pick(random, PALETTES.get(lean(random, telling)) ?? PLAIN);
  const motif = pick(random, MOTIFS.get(lean(random, telling)) ?? PLAIN_MOTIFS);
  const drawing = motif(random, colours);
  const sheet = make('span', {
    class: 'poster',
    'aria-hidden': 'true',
    style: `--ground:${colours.ground};--ink:${colours.ink}`,
  });
  // Only numbers and the colours above are in the markup; the title goes in as text.
  sheet.innerHTML = `<svg viewBox="0 0 200 200">${drawing}</svg>`;
  sheet.append(
    make('span', { class: `poster-title ${sizeOf(film.title)}` }, film.title),
    make(
      'span',
      { class: 'poster-foot' },
      make('span', {}, film.genres.slice(0, 2).join(' · ')),
      make('span', {}, String(film.year ?? '')),
    ),
  );
  return sheet;
}

/** One of the genres, more likely an early one: the smaller of two draws. */
function lean(random: Random, genres: readonly string[]): string {
  return genres[Math.floor(Math.min(random(), random()) * genres.length)] ?? '';
}

/** Short titles shout, long ones whisper; the longest word decides too, since it must not break. */
function sizeOf(title: string): string {
  const longest = Math.max(...title.split(/[\s-]/).map((word) => word.length));
  if (title.length <= 7) return 'huge';
  if (title.length <= 9) return 'big';
  if (title.length <= 20 && longest <= 10) return 'large';
  return title.length <= 26 && longest <= 13 ? 'medium' : 'small';
}
