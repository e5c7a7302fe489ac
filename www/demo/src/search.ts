/** The search box: films by title, and even those in the device's order. */

import { byId } from './dom.js';

/** Calls `search` with what is typed, on every keystroke; Escape empties the box. */
export function startSearch(search: (query: string) => void): void {
  const input = byId<HTMLInputElement>('query');
  byId('search').addEventListener('submit', (event) => event.preventDefault());
  input.addEventListener('input', () => search(input.value));
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || input.value === '') return;
    input.value = '';
    search('');
  });
}
