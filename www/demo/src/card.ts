/** One film on the page: a button with its poster and the reason why it stands there. */

import { make, setText } from './dom.js';
import { named, type Film } from './film.js';
import { poster } from './poster/index.js';

/** A list item with the card in it. `data-bb-item` is what the package's autotrack reads impressions from. */
export function makeCard(film: Film): HTMLLIElement {
  const button = make(
    'button',
    { class: 'card', type: 'button', tabindex: '-1', 'data-bb-item': film.id, 'data-bb-event': 'watch' },
    poster(film),
    make('span', { class: 'reason' }),
  );
  return make('li', { 'data-film': film.id }, button);
}

/** Writes the reason under the poster and into the label that a screen reader says. */
export function setReason(item: HTMLLIElement, film: Film, reason: string): void {
  const button = cardOf(item);
  const line = button.querySelector<HTMLElement>('.reason');
  if (line) setText(line, reason);
  button.classList.toggle('chosen', reason.startsWith('because'));
  button.title = `${named(film)} · ${film.genres.join(', ')} · ${reason}`;
  button.setAttribute('aria-label', `Watch ${named(film)}, ${film.genres.join(', ')}: ${reason}`);
}

export function cardOf(item: Element): HTMLButtonElement {
  const button = item.querySelector('button');
  if (!button) throw new Error('a card without its button');
  return button;
}
