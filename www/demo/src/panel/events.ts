/** The life of events: one dot each, from the click to the server's word that it is kept. */

import type { Events, Stats, Tracker } from 'bowerbird';

import { byId, make, setText } from '../dom.js';
import { isCut } from '../network.js';
import { count, duration, plural } from '../words.js';

type Fate = 'waiting' | Events['outcome']['outcome'];

interface Dot {
  element: HTMLElement;
  fate: Fate;
}

interface Line {
  element: HTMLElement;
  at: number;
}

/** Dots on screen: the last few minutes of a busy visitor. Older ones go first. */
const DOTS = 48;
/** Lines in the log: as many as can be read at a glance. */
const LINES = 3;

export class EventsPanel {
  readonly #dots: Dot[] = [];
  readonly #byId = new Map<string, Dot>();
  readonly #lines = new Map<string, Line>();
  readonly #stations = new Map<keyof Stats, HTMLElement>();
  #counted = 0;

  constructor(private readonly tracker: Tracker) {
    this.#addStation('queued', 'waiting');
    this.#addStation('inFlight', 'sending');
    this.#addStation('accepted', 'acknowledged');
    this.#addStation('duplicate', 'duplicate');
    this.#addStation('retries', 'retries');
    tracker.on('stats', (stats) => this.show(stats));
    tracker.on('outcome', (outcome) => this.#settle(outcome));
    this.show(tracker.stats());
  }

  /** Records one click and follows it: its dot carries the id, and a line tells when the server had it. */
  record(what: string, track: () => string): void {
    const before = this.#dots.at(-1);
    const eventId = track();
    this.show(this.tracker.stats());
    if (this.#dots.at(-1) === before) this.#addDot();
    const dot = this.#dots.at(-1) as Dot;
    dot.element.classList.add('click');
    this.#byId.set(eventId, dot);
    this.#addLine(eventId, what);
  }

  show(stats: Stats): void {
    while (this.#counted < stats.recorded) {
      this.#counted += 1;
      this.#addDot();
    }
    for (const [name, element] of this.#stations) {
      const value = Number(stats[name] ?? 0);
      setText(element, count(value));
      element.parentElement?.classList.toggle('some', value > 0);
    }
    setText(byId('events-note'), noteOn(stats));
  }

  #addStation(name: keyof Stats, label: string): void {
    const value = make('b', { 'data-stat': name }, '0');
    this.#stations.set(name, value);
    byId('stations').append(make('li', { class: name }, value, make('span', {}, label)));
  }

  #addDot(): void {
    const element = make('i', { class: 'dot waiting' });
    byId('dots').append(element);
    this.#dots.push({ element, fate: 'waiting' });
    while (this.#dots.length > DOTS) this.#dots.shift()?.element.remove();
  }

  /** Impressions have no line: their dot is the oldest one that still waits and that nobody follows. */
  #settle({ eventId, outcome, reason }: Events['outcome']): void {
    const followed = this.#byId.get(eventId);
    const named = new Set(this.#byId.values());
    const dot = followed ?? this.#dots.find((one) => one.fate === 'waiting' && !named.has(one));
    this.#byId.delete(eventId);
    if (dot) {
      dot.fate = outcome;
      dot.element.classList.replace('waiting', outcome);
    }
    this.#closeLine(eventId, outcome, reason);
  }

  #addLine(eventId: string, what: string): void {
    const state = make('span', { class: 'state' }, 'waiting');
    const element = make('li', { 'data-event': eventId }, make('span', { class: 'what' }, what), state);
    const log = byId('log');
    log.prepend(element);
    while (log.children.length > LINES) log.lastElementChild?.remove();
    this.#lines.set(eventId, { element: state, at: performance.now() });
  }

  #closeLine(eventId: string, outcome: Fate, reason: string | undefined): void {
    const line = this.#lines.get(eventId);
    if (!line) return;
    this.#lines.delete(eventId);
    const took = duration((performance.now() - line.at) * 1000);
    setText(line.element, outcome === 'accepted' ? `acknowledged after ${took}` : (reason ?? outcome));
    line.element.classList.add(outcome);
  }
}

function noteOn(stats: Stats): string {
  const waiting = stats.queued + stats.inFlight;
  if (isCut())
    return waiting === 0
      ? 'The network is cut. Go on clicking.'
      : `${plural(waiting, 'event')} kept here until the network is back.`;
  if (stats.refused > 0)
    return `${plural(stats.refused, 'event')} refused by the server: ${stats.lastError ?? 'it gave no reason'}.`;
  if (stats.lastError !== null && waiting > 0)
    return `${plural(waiting, 'event')} will be sent again: ${stats.lastError}.`;
  return 'A large dot is a click; a small one tells which films came into view.';
}
