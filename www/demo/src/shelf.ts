/** What the visitor has collected: the newest films of the history, in the bird's own colour. */

import type { HistoryEntry } from 'bowerbird';

import type { Catalogue } from './catalogue.js';
import { byId, make } from './dom.js';
import { named } from './film.js';
import { glide } from './flip.js';
import { poster } from './poster/index.js';

/** Room for this many; the panel lists the whole history. */
const SHOWN = 12;

export class Shelf {
  readonly #list = byId<HTMLUListElement>('shelf');
  readonly #tiles = new Map<string, HTMLLIElement>();

  /** Shows the history, newest first, each film once. */
  show(history: readonly HistoryEntry[], catalogue: Catalogue): void {
    const newest = [...new Set(newestFirst(history).map((entry) => entry.itemId))].slice(0, SHOWN);
    const tiles = newest.flatMap((id) => this.#tile(id, catalogue) ?? []);
    glide(
      () => this.#list.children as unknown as Iterable<HTMLElement>,
      () => this.#list.replaceChildren(...tiles),
    );
    document.body.classList.toggle('newcomer', newest.length === 0);
  }

  /** Where a card that was just collected lands. */
  get landing(): HTMLElement {
    return (this.#list.firstElementChild as HTMLElement | null) ?? this.#list;
  }

  #tile(id: string, catalogue: Catalogue): HTMLLIElement | undefined {
    const film = catalogue.film(id);
    if (!film) return undefined;
    const kept = this.#tiles.get(id);
    if (kept) return kept;
    const tile = make('li', { title: named(film) }, poster(film), make('span', { class: 'spoken' }, named(film)));
    this.#tiles.set(id, tile);
    return tile;
  }
}

/** The history with the newest entry first. */
export function newestFirst(history: readonly HistoryEntry[]): HistoryEntry[] {
  return [...history].reverse().sort((a, b) => b.at - a.at);
}
