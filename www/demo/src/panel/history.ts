/** What this device remembers of the visitor, and the way to make it forget. */

import type { HistoryEntry } from 'bowerbird';

import type { Catalogue } from '../catalogue.js';
import { byId, make, setText } from '../dom.js';
import { named } from '../film.js';
import { newestFirst } from '../shelf.js';

const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });

export function showHistory(history: readonly HistoryEntry[], catalogue: Catalogue, visitor: string): void {
  const entries = newestFirst(history).map((entry) => {
    const film = catalogue.film(entry.itemId);
    return make(
      'li',
      {},
      make('span', {}, film ? named(film) : entry.itemId),
      make('time', {}, clock.format(entry.at)),
    );
  });
  byId('history').replaceChildren(...entries);
  byId<HTMLButtonElement>('forget').disabled = history.length === 0;
  setText(
    byId('history-note'),
    `${history.length === 0 ? 'Empty. ' : ''}You are ${visitor} to the server, a name that this page made up.`,
  );
}

export function onForget(forget: () => void): void {
  byId('forget').addEventListener('click', forget);
}
