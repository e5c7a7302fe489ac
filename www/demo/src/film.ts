/** An item of the pack as a film that a person recognises. */

import type { Item } from 'bowerbird';

export interface Film {
  id: string;
  /** Title as spoken: "The Matrix", never "Matrix, The". */
  title: string;
  /** Year of release, or null where the data has none. */
  year: number | null;
  genres: readonly string[];
}

/** Reads an item's TITLE, YEAR and GENRES columns, whatever their case; a missing title falls back to the id. */
export function filmOf(item: Item): Film {
  const columns = new Map(Object.entries(item.columns).map(([name, value]) => [name.toUpperCase(), value]));
  const written = String(columns.get('TITLE') ?? item.itemId);
  const dated = /^(.*\S)\s*\((\d{4})\)\s*$/.exec(written);
  const year = Number(columns.get('YEAR') ?? dated?.[2]);
  return {
    id: item.itemId,
    title: spoken(dated?.[1] ?? written),
    year: Number.isInteger(year) && year > 1800 ? year : null,
    genres: genresOf(columns.get('GENRES')),
  };
}

/** "Alien (1979)". */
export function named(film: Film): string {
  return film.year === null ? film.title : `${film.title} (${film.year})`;
}

function genresOf(value: Item['columns'][string] | undefined): readonly string[] {
  const list = Array.isArray(value) ? value : String(value ?? '').split('|');
  return list.filter((genre) => genre !== '' && !genre.startsWith('('));
}

/** MovieLens files "The Matrix" under M, and adds the original title in brackets. */
function spoken(title: string): string {
  const main = title.replace(/\s*\([^()]*\)\s*$/, '');
  const filed = /^(.*), (The|A|An|La|Le|Les|L'|Il|Das|Der|Die|El|Los|Las|Un|Une)$/.exec(main);
  if (!filed) return main;
  const [, rest = '', article = ''] = filed;
  return article.endsWith("'") ? article + rest : `${article} ${rest}`;
}
