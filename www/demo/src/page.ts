/** The page itself: rows, shelf and panel around one tracker. A click goes through `#watch`, everything else follows. */

import type { Ranking, Tracker } from 'bowerbird';

import { Catalogue } from './catalogue.js';
import type { Config } from './config.js';
import { byId } from './dom.js';
import { named, type Film } from './film.js';
import { fly, glide } from './flip.js';
import { isCut, setCut } from './network.js';
import { showComparison, showNoAnswer } from './panel/comparison.js';
import { onDials, readDials } from './panel/dials.js';
import { EventsPanel } from './panel/events.js';
import { summarise } from './panel/frame.js';
import { onForget, showHistory } from './panel/history.js';
import { showRanking } from './panel/ranking.js';
import { onSwitch } from './panel/switch.js';
import { Row, ROW_LENGTH } from './row.js';
import { startSearch } from './search.js';
import { askServer } from './server.js';
import { Shelf } from './shelf.js';
import { renewVisitor } from './visitor.js';
import { because, count, duration, plural } from './words.js';

const GENRE_ROWS = 9;
/** Candidates of a genre row. The first row has them all; nine more rows of thousands would cost more than they show. */
const GENRE_CANDIDATES = 500;
/** Candidates that both the device and the server rank when they are compared; the server takes up to 500. */
const COMPARED = 200;

export class Page {
  readonly #events: EventsPanel;
  readonly #forYou = new Row('for-you', 'Popular', null);
  readonly #shelf = new Shelf();
  #catalogue = new Catalogue([]);
  /** What the pack calls the column. */
  #genres: string | undefined;
  #rows: readonly Row[] = [];
  #found: Row | null = null;
  #beside = false;
  #asked = 0;

  constructor(
    private readonly config: Config,
    private readonly tracker: Tracker,
    private visitor: string,
  ) {
    this.#events = new EventsPanel(tracker);
    this.#listen();
    this.#build();
    // The pack of the last visit ranks first; a newer one of the server takes its place.
    tracker.on('ready', () => this.#build());
    document.body.classList.remove('loading');
  }

  #build(): void {
    const items = this.tracker.items();
    this.#catalogue = new Catalogue(items);
    this.#genres = Object.keys(items[0]?.columns ?? {}).find((name) => /^genres$/i.test(name));
    const genres = this.#catalogue.genres(GENRE_ROWS).map((genre) => {
      return new Row(`genre-${slug(genre)}`, genre, this.#catalogue.ofGenre(genre, GENRE_CANDIDATES));
    });
    this.#rows = [this.#forYou, ...genres];
    byId('rows').replaceChildren(...this.#rows.map((row) => row.element));
    this.#arrange(null);
  }

  #listen(): void {
    document.addEventListener('click', (event) => {
      const card = (event.target as Element).closest<HTMLButtonElement>('.card');
      const film = card && this.#catalogue.film(card.dataset.bbItem ?? '');
      if (card && film) this.#watch(film, card);
    });
    startSearch((query) => this.#search(query));
    onSwitch('cut', (on) => this.#cut(on));
    onSwitch('beside', (on) => this.#showBeside(on));
    onForget(() => this.#forget());
    onDials(() => this.#arrange(null));
    this.tracker.on('stats', () => this.#summarise());
  }

  /** Record, rerank, show: in that order, in one task, without waiting for anything. */
  #watch(film: Film, card: HTMLButtonElement): void {
    this.#events.record(named(film), () => this.tracker.track('watch', { itemId: film.id }));
    fly(card.querySelector<HTMLElement>('.poster') ?? card, this.#shelf.landing);
    const first = this.#arrange(card);
    this.#announce(`Watched ${named(film)}. ${this.#openingOf(first)}`);
    void this.#compare();
  }

  /** Ranks every row anew and moves the cards. `clicked` keeps its row in place and the focus in it. */
  #arrange(clicked: HTMLElement | null): Ranking {
    const rows = this.#found ? [this.#found, ...this.#rows] : this.#rows;
    const rankings = rows.map((row) => this.#rank(row));
    const home = rows.find((row) => row.positionOf(clicked) >= 0);
    const position = home?.positionOf(clicked) ?? -1;
    this.#forYou.setTitle(this.tracker.history().length === 0 ? 'Popular' : 'For you');
    this.#shelf.show(this.tracker.history(), this.#catalogue);
    const inView = rows.filter((row) => row.inView);
    glide(
      () => inView.flatMap((row) => row.cards),
      () => {
        rows.forEach((row, i) =>
          row.show(rankings[i] as Ranking, this.#catalogue, { hold: row === home, only: this.#only }),
        );
        if (home && clicked !== null) home.focus(position, { still: true });
      },
    );
    const first = rankings[rows.indexOf(this.#forYou)] as Ranking;
    showRanking({ first, candidates: this.#catalogue.ids.length, lists: rows.length, micros: sum(rankings) });
    showHistory(this.tracker.history(), this.#catalogue, this.visitor);
    this.#summarise();
    return first;
  }

  /** What was watched leaves the rows, but whoever looks for it finds it. */
  #rank(row: Row): Ranking {
    const seen = row === this.#found ? 'keep' : 'exclude';
    return this.tracker.rank(row.candidates, { ...readDials(this.#genres), k: ROW_LENGTH, seen });
  }

  /** The film that makes up the whole history, if one does. */
  get #only(): string | null {
    const watched = new Set(this.tracker.history().map((entry) => entry.itemId));
    return watched.size === 1 ? ([...watched][0] ?? null) : null;
  }

  #openingOf(ranking: Ranking): string {
    const top = ranking.items[0];
    const film = top && this.#catalogue.film(top.itemId);
    if (!top || !film) return '';
    return `${this.#forYou.element.querySelector('h2')?.textContent} now begins with ${named(film)}, ${because(top.reason, this.#catalogue, this.#only)}. Ranked on this device in ${duration(ranking.micros)}.`;
  }

  #search(query: string): void {
    const place = byId('found');
    const ids = this.#catalogue.search(query);
    this.#found = query.trim() === '' ? null : new Row('search-results', `Found: ${query.trim()}`, ids);
    place.hidden = this.#found === null;
    place.replaceChildren(...(this.#found ? [this.#found.element] : []));
    if (!this.#found) return;
    this.#found.show(this.#rank(this.#found), this.#catalogue, { hold: false, only: this.#only });
    this.#announce(ids.length === 0 ? `No film is called ${query}.` : `${plural(ids.length, 'film')} found.`);
  }

  #cut(on: boolean): void {
    setCut(on);
    this.#events.show(this.tracker.stats());
    this.#summarise();
    this.#announce(on ? 'The network is cut, by simulation. Clicks are kept on this device.' : 'The network is back.');
    if (on) void this.#compare();
    else void this.tracker.flush().then(() => this.#compare());
  }

  #showBeside(on: boolean): void {
    this.#beside = on;
    byId('comparison').hidden = !on;
    void this.#compare();
  }

  /** Asks the server for the same candidates, after it has acknowledged what it should know. */
  async #compare(): Promise<void> {
    if (!this.#beside) return;
    const turn = ++this.#asked;
    await this.tracker.flush().catch(() => null);
    const seen = new Set(this.tracker.history().map((entry) => entry.itemId));
    const candidates = this.#catalogue.ids.filter((id) => !seen.has(id)).slice(0, COMPARED);
    const device = this.tracker.rank(candidates, { k: candidates.length });
    try {
      const server = await askServer(this.config, this.visitor, candidates);
      if (turn === this.#asked) showComparison(device, server, this.#catalogue);
    } catch (cause) {
      if (turn === this.#asked) showNoAnswer(noAnswer(cause));
    }
  }

  /** What was sent stays with the server under the old name; from here on the visitor is somebody new. */
  #forget(): void {
    this.visitor = renewVisitor();
    this.tracker.clearHistory();
    this.tracker.identify(this.visitor);
    this.#arrange(null);
    byId('rows').focus({ preventScroll: true });
    this.#announce('Forgotten. This device holds no history, and the server will know you by a new name.');
    void this.#compare();
  }

  #summarise(): void {
    const { queued, inFlight, accepted } = this.tracker.stats();
    const waiting = `${count(queued + inFlight)} waiting`;
    summarise(isCut() ? `Network cut · ${waiting}` : `${waiting} · ${count(accepted)} acknowledged`);
  }

  #announce(text: string): void {
    byId('announcer').textContent = text;
  }
}

function noAnswer(cause: unknown): string {
  if (cause instanceof TypeError) return 'No answer: the server cannot be reached. The device has already moved on.';
  return `No answer: ${(cause as Error).message}`;
}

function sum(rankings: readonly Ranking[]): number {
  return rankings.reduce((total, ranking) => total + ranking.micros, 0);
}

function slug(genre: string): string {
  return genre.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}
