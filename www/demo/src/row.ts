/** A row of cards that keeps its elements while their order changes, so that focus, hover and motion survive. */

import type { Ranking } from 'bowerbird';

import { cardOf, makeCard, setReason } from './card.js';
import type { Catalogue } from './catalogue.js';
import { make, setText } from './dom.js';
import { because, count, duration } from './words.js';

/** Films per row. 24 fill a wide screen three times over. */
export const ROW_LENGTH = 24;

export class Row {
  readonly element: HTMLElement;
  readonly #list: HTMLOListElement;
  readonly #title: HTMLElement;
  readonly #note: HTMLElement;
  /** Where the row is scrolled to. Asking the list itself in the middle of a change would cost a layout per row. */
  #place = 0;
  readonly #items = new Map<string, HTMLLIElement>();

  constructor(
    id: string,
    title: string,
    /** `null`: the whole catalogue. */
    readonly candidates: readonly string[] | null,
  ) {
    this.#title = make('h2', { id: `${id}-title` }, title);
    this.#note = make('span', { class: 'row-note' });
    this.#list = make('ol', { class: 'films', 'aria-labelledby': `${id}-title` });
    this.element = make(
      'section',
      { class: 'row', id },
      make('div', { class: 'row-head' }, this.#title, this.#note),
      this.#list,
    );
    this.#list.addEventListener('keydown', (event) => this.#walk(event));
    this.#list.addEventListener('scroll', () => (this.#place = this.#list.scrollLeft), { passive: true });
    this.#list.addEventListener('focusin', (event) => this.#enter(event.target as HTMLElement));
  }

  get cards(): HTMLLIElement[] {
    return [...this.#list.children] as HTMLLIElement[];
  }

  /** Whether any of it is in view: only then is there anything to animate. */
  get inView(): boolean {
    const { top, bottom } = this.element.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  }

  /** How many films are considered for this row. */
  sizeIn(catalogue: Catalogue): number {
    return this.candidates?.length ?? catalogue.ids.length;
  }

  setTitle(title: string): void {
    setText(this.#title, title);
  }

  /** Puts the cards into the ranking's order. `hold` keeps the visitor's place in the row instead of going to its start. */
  show(ranking: Ranking, catalogue: Catalogue, { hold, only }: { hold: boolean; only: string | null }): void {
    const wanted = ranking.items.flatMap(({ itemId, reason }) => {
      const film = catalogue.film(itemId);
      if (!film) return [];
      const item = this.#items.get(itemId) ?? makeCard(film);
      setReason(item, film, because(reason, catalogue, only));
      return [item];
    });
    this.#list.replaceChildren(...wanted);
    this.#items.clear();
    for (const item of wanted) this.#items.set(item.dataset.film ?? '', item);
    if (!hold && this.#place !== 0) this.#list.scrollLeft = 0;
    this.#oneTabStop();
    setText(this.#note, `${count(this.sizeIn(catalogue))} candidates · ${duration(ranking.micros)}`);
  }

  /** Position of a card in this row, or -1. */
  positionOf(element: Element | null): number {
    return this.cards.findIndex((item) => item.contains(element));
  }

  /** Focuses the card at this position, or the last one. `still` leaves the page where it is. */
  focus(position: number, { still }: { still: boolean }): void {
    const item = this.cards[Math.min(position, this.cards.length - 1)];
    if (item) cardOf(item).focus({ preventScroll: still });
  }

  /** Tab enters a row once; the arrows walk in it. 24 stops per row would bury the rest of the page. */
  #oneTabStop(): void {
    const buttons = this.cards.map(cardOf);
    if (buttons.some((button) => button === document.activeElement)) return;
    buttons.forEach((button, position) => (button.tabIndex = position === 0 ? 0 : -1));
  }

  #enter(target: HTMLElement): void {
    for (const item of this.cards) cardOf(item).tabIndex = item.contains(target) ? 0 : -1;
  }

  #walk(event: KeyboardEvent): void {
    const here = this.positionOf(document.activeElement);
    const last = this.cards.length - 1;
    const next = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: last }[event.key];
    if (here < 0 || next === undefined) return;
    event.preventDefault();
    this.focus(Math.max(0, Math.min(last, next)), { still: false });
  }
}
