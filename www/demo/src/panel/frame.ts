/** The panel's frame: a column beside the films, or a sheet at the bottom of a phone, open or closed. */

import { byId, setText } from '../dom.js';

const KEY = 'bowerbird-demo-panel';
const narrow = matchMedia('(max-width: 900px)');

/** Starts open where there is room for it, closed on a phone; remembers what the visitor chose in this tab. */
export function startFrame(): void {
  const chosen = sessionStorage.getItem(KEY);
  open(chosen === null ? !narrow.matches : chosen === 'open');
  byId('panel-toggle').addEventListener('click', () => {
    const next = !isOpen();
    sessionStorage.setItem(KEY, next ? 'open' : 'closed');
    open(next);
  });
  addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !narrow.matches || !isOpen()) return;
    open(false);
    byId('panel-toggle').focus();
  });
}

/** The one line that a closed panel still shows. */
export function summarise(text: string): void {
  setText(byId('panel-summary'), text);
}

function isOpen(): boolean {
  return byId('panel-toggle').getAttribute('aria-expanded') === 'true';
}

function open(yes: boolean): void {
  byId('panel-toggle').setAttribute('aria-expanded', String(yes));
  byId('panel-body').hidden = !yes;
  document.body.classList.toggle('panel-closed', !yes);
}
