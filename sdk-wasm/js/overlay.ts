/**
 * What is recorded and what becomes of it, shown over the page for its developer. Asked for by the option `debug` or by
 * `?bowerbird-debug`; no other page loads it.
 */
import type { Emitter } from './emitter.js';
import type { Outbox } from './outbox.js';
import type { Stats } from './types.js';

/** As many as can be read. */
const SHOWN_EVENTS = 20;
const STYLE = `
  :host { all: initial; position: fixed; right: 1rem; bottom: 1rem; z-index: 2147483647 }
  section { font: 13px/1.4 system-ui, sans-serif; color: #f4f1ea; background: #1d2733; border-radius: 8px;
    width: min(24rem, calc(100vw - 2rem)); max-height: 50vh; overflow: auto; padding: .75rem; box-sizing: border-box }
  h2 { font-size: 1em; margin: 0 0 .5rem } p { margin: 0 0 .5rem } ol { margin: 0; padding: 0; list-style: none }
  li { display: flex; gap: .5rem; justify-content: space-between; overflow-wrap: anywhere }
  button { float: right; font: inherit; color: inherit; background: none; border: 1px solid; border-radius: 4px }
  [data-fate=accepted], [data-fate=duplicate] { color: #8fe0a8 } [data-fate=invalid], [data-fate=dropped] { color: #ffb4a2 }`;

/** Shows it until the function that comes back is called, or Escape is pressed. */
export function overlay(page: Document, out: Outbox, events: Emitter, stats: () => Stats): () => void {
  const host = page.createElement('bowerbird-debug');
  const root = host.attachShadow({ mode: 'open' });
  const rows = new Map<string, HTMLElement>();
  const make = <K extends keyof HTMLElementTagNameMap>(name: K, text = '', into: ParentNode = panel) => {
    const element = page.createElement(name);
    element.textContent = text;
    into.append(element);
    return element;
  };
  // A rule of the page's policy against inline styles would stop a <style>.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const panel = page.createElement('section');
  panel.tabIndex = 0;
  panel.setAttribute('aria-label', 'Bowerbird: events of this page');
  root.append(panel);
  const button = make('button', 'Close');
  make('h2', 'Bowerbird');
  const counts = make('p');
  const problem = make('p');
  problem.setAttribute('role', 'status');
  const list = make('ol');

  function show() {
    const { recorded, queued, inFlight, accepted, duplicate, refused, dropped, lastError } = stats();
    const waiting = `${queued} waiting, ${inFlight} on the way`;
    counts.textContent = `${recorded} recorded: ${accepted} accepted, ${duplicate} repeated, ${refused} refused, ${dropped} dropped, ${waiting}`;
    problem.textContent = lastError ?? '';
    for (const { id, text } of out.pending.values()) row(id, text);
  }

  /** An event has a row from when it is first seen waiting. */
  function row(id: string, text: string) {
    if (rows.has(id)) return;
    const { eventType, itemId, impression } = JSON.parse(text) as Record<string, string | string[] | undefined>;
    const item = make('li', '', list);
    make('span', [eventType, itemId ?? impression].filter(Boolean).join(' '), item);
    make('span', 'waiting', item);
    list.prepend(item);
    rows.set(id, item);
    const [oldest] = rows.keys();
    if (rows.size > SHOWN_EVENTS && oldest) {
      rows.get(oldest)!.remove();
      rows.delete(oldest);
    }
  }

  function close() {
    undo.forEach((one) => one());
    page.removeEventListener('keydown', pressed);
    host.remove();
  }

  const pressed = ({ key }: KeyboardEvent) => {
    if (key === 'Escape') close();
  };
  const undo = [
    events.on('stats', show),
    events.on('error', ({ message }) => (problem.textContent = message)),
    events.on('outcome', ({ eventId, outcome, reason }) => {
      const item = rows.get(eventId);
      if (!item) return;
      item.dataset.fate = outcome;
      item.lastElementChild!.textContent = reason ? `${outcome}: ${reason}` : outcome;
    }),
  ];
  button.addEventListener('click', close);
  page.addEventListener('keydown', pressed);
  page.documentElement.append(host);
  show();
  return close;
}
