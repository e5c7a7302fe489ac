/** All films of the pack, in order of popularity, and the ways in which the page asks for some of them. */

import type { Item } from 'bowerbird';

import { filmOf, type Film } from './film.js';

export class Catalogue {
  readonly films: readonly Film[];
  /** Ids of all films, most popular first. */
  readonly ids: readonly string[];
  readonly #byId: ReadonlyMap<string, Film>;
  readonly #haystack: readonly string[];

  constructor(items: readonly Item[]) {
    this.films = items.map(filmOf);
    this.ids = this.films.map((film) => film.id);
    this.#byId = new Map(this.films.map((film) => [film.id, film]));
    this.#haystack = this.films.map((film) => folded(`${film.title} ${film.year ?? ''}`));
  }

  film(id: string): Film | undefined {
    return this.#byId.get(id);
  }

  /** The `count` genres with the most films. */
  genres(count: number): string[] {
    const sizes = new Map<string, number>();
    for (const genre of this.films.flatMap((film) => film.genres)) sizes.set(genre, (sizes.get(genre) ?? 0) + 1);
    const bySize = [...sizes].sort(([, a], [, b]) => b - a);
    return bySize.slice(0, count).map(([genre]) => genre);
  }

  /** Ids of the `count` most popular films of a genre, most popular first. */
  ofGenre(genre: string, count: number): string[] {
    const films = this.films.filter((film) => film.genres.includes(genre));
    return films.slice(0, count).map((film) => film.id);
  }

  /** Ids of the films whose title and year contain every word of the query, most popular first. */
  search(query: string): string[] {
    const words = folded(query).split(/\s+/).filter(Boolean);
    if (words.length === 0) return [];
    const matches = (text: string): boolean => words.every((word) => text.includes(word));
    return this.ids.filter((_, position) => matches(this.#haystack[position] ?? ''));
  }
}

/** "Amélie" is found by "amelie". */
function folded(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Diacritic}/gu, '')
    .toLowerCase();
}
