/** The server's own order of the same candidates, beside the device's. */

import type { Ranking } from 'bowerbird';

import type { Catalogue } from '../catalogue.js';
import { byId, make, setText } from '../dom.js';
import { named } from '../film.js';
import type { ServerAnswer } from '../server.js';
import { count, duration } from '../words.js';

/** Places shown; the verdict counts all of them. */
const SHOWN = 5;

/** Shows both orders and says in how many places they agree. */
export function showComparison(device: Ranking, server: ServerAnswer, catalogue: Catalogue): void {
  const here = device.items.map((item) => item.itemId);
  const equal = here.filter((id, place) => server.order[place] === id).length;
  const rows = here
    .slice(0, SHOWN)
    .map((id, place) =>
      rowOf(place, title(id, catalogue), title(server.order[place], catalogue), server.order[place] === id),
    );
  byId('comparison-rows').replaceChildren(...rows);
  byId('comparison').classList.remove('stale');
  setText(byId('device-time'), duration(device.micros));
  setText(byId('server-time'), `${duration(server.micros)} round trip`);
  const same = equal === here.length ? 'the same order' : `${count(equal)} of ${count(here.length)} in the same place`;
  setText(byId('comparison-verdict'), `${count(here.length)} candidates: ${same}.`);
}

/** Says why there is no answer, and marks what is on screen as old. */
export function showNoAnswer(why: string): void {
  byId('comparison').classList.add('stale');
  setText(byId('server-time'), 'no answer');
  setText(byId('comparison-verdict'), why);
}

function rowOf(place: number, device: string, server: string, same: boolean): HTMLTableRowElement {
  const mark = make('td', { class: 'mark', 'aria-label': same ? 'same place' : 'different' }, same ? '=' : '≠');
  return make(
    'tr',
    { class: same ? 'same' : 'other' },
    make('th', { scope: 'row' }, String(place + 1)),
    make('td', {}, device),
    mark,
    make('td', {}, server),
  );
}

function title(id: string | undefined, catalogue: Catalogue): string {
  if (id === undefined) return '–';
  const film = catalogue.film(id);
  return film ? named(film) : id;
}
