/** A button that is on or off (`role="switch"`). */

import { byId } from '../dom.js';

/** Calls `changed` with the new state whenever the visitor flips the switch with this id. */
export function onSwitch(id: string, changed: (on: boolean) => void): void {
  const button = byId<HTMLButtonElement>(id);
  button.addEventListener('click', () => {
    const on = button.getAttribute('aria-checked') !== 'true';
    button.setAttribute('aria-checked', String(on));
    changed(on);
  });
}
