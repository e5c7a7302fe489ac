/** The public types of the package. Written by hand; what comes out of Rust is checked against them by `tsc`. */

/** What `init` is told. */
export interface Options {
  /** The key of the event tracker: says to which dataset group events belong. */
  trackingId: string;
  /**
   * Origin of the server, without a slash at the end.
   * @defaultValue `location.origin`
   */
  endpoint?: string;
  /**
   * Who is signed in.
   * @defaultValue whom `identify` named last in this browser
   */
  userId?: string;
  /**
   * Name of the campaign whose vector pack the page downloads.
   * @defaultValue none: `rank` keeps the given order
   */
  campaign?: string;
  /**
   * Loads the ranker that has all options of `rank`; without it `k`, `exclude`, and `seen` as a word work.
   * @defaultValue `false`
   */
  dials?: boolean;
  /**
   * Record clicks and impressions of elements with `data-bb-item`.
   * @defaultValue `false`
   */
  autotrack?: boolean | Autotrack;
  /**
   * Say once in each request which page its events happened in: address without query, origin of the page before,
   * language, time zone, sizes of screen and window.
   * @defaultValue `true`
   */
  context?: boolean;
  /**
   * Show, over the page, what is recorded and what becomes of it.
   * @defaultValue whether the address of the page has `bowerbird-debug` in its query
   */
  debug?: boolean;
  /**
   * Name under which the browser keeps the log, the history and the session.
   * @defaultValue `trackingId`
   */
  namespace?: string;
  /**
   * An event waits at most so long for company, in milliseconds.
   * @defaultValue `1000`
   */
  flushInterval?: number;
  /**
   * So many events are sent without waiting for more, 1 to 500.
   * @defaultValue `50`
   */
  batchSize?: number;
  /**
   * How much an event of a type counts in the history, 0 to 16. Impressions never count.
   * @defaultValue what it counts in the training of the campaign: 1, unless its solution has an `eventsConfig`
   */
  weights?: Record<string, number>;
}

/** What is recorded without the page's doing. */
export interface Autotrack {
  /** Clicks on elements with `data-bb-item`. @defaultValue `true` */
  clicks?: boolean;
  /** That half of such an element was visible for a second. @defaultValue `true` */
  impressions?: boolean;
  /** Every address of the page, also of applications that never load another one. @defaultValue `false` */
  pageViews?: boolean;
}

/** What happened, beside its type. */
export interface EventInput {
  itemId?: string;
  eventValue?: number;
  /** At most 1024 characters as JSON. Taken as they are now, except for what is nested in them. */
  properties?: Record<string, unknown>;
  /** The list that was shown when it happened. */
  recommendationId?: string;
  /** The items that were shown, at most 25. */
  impression?: string[];
}

/** How a list is wanted. More than `k`, `exclude`, and `seen` as a word needs `dials: true` at the start. */
export interface RankOptions {
  /** At most so many items. @defaultValue `25` */
  k?: number;
  /** Ids that must not appear. @defaultValue none */
  exclude?: readonly string[];
  /** Whether items of the history may come back, or of which types of events they may not. @defaultValue `'keep'` */
  seen?: 'keep' | 'exclude' | readonly string[];
  /** Shows what passes. @defaultValue none */
  filter?: CompiledFilter;
  /** What stands for the `$parameters` of the filter. @defaultValue none */
  filterValues?: FilterValues;
  /** The columns of the visitor that `CurrentUser` means. @defaultValue none */
  user?: Record<string, string | number>;
  /**
   * In which circumstances the list is shown, by names of categorical columns of the Interactions dataset: it favours what
   * is chosen in them. What the campaign has not learnt has no effect.
   * @defaultValue none
   */
  context?: Readonly<Record<string, string>>;
  /** How much popularity counts against an item; the best scores are around 10. @defaultValue `0` */
  debias?: number;
  /** How much newness counts for an item. @defaultValue `0` */
  freshness?: number;
  /** The age in days at which freshness is half. @defaultValue `7` */
  halfLifeDays?: number;
  /** How much a list is to be different within itself, 0 to 1. @defaultValue `0` */
  diversity?: number;
  /** Maximal marginal relevance, or a determinantal point process. @defaultValue `'mmr'` */
  diversify?: 'mmr' | 'dpp';
  /**
   * Name of the category column that diversity, calibration and the cap look at.
   * @defaultValue the vectors for diversity; calibration and cap need one
   */
  by?: string;
  /** How much the mix of categories is to be that of the history, 0 to 1. @defaultValue `0` */
  calibration?: number;
  /** At most so many items of one category. @defaultValue no limit */
  cap?: number;
  /** 0 to 1: a third of this share of the places is for new items. @defaultValue `0` */
  explorationWeight?: number;
  /** Up to which age in days an item is new. @defaultValue `30` */
  explorationItemAgeCutOff?: number;
  /** Name of the column with the second in which an item was made. @defaultValue `'CREATION_TIMESTAMP'` */
  created?: string;
  /** Milliseconds since the epoch; what counts is the day. @defaultValue now */
  now?: number;
  /** Another number explores other items. @defaultValue `0` */
  seed?: number;
  /** Items that have a share of the places, whether they pass the filter or not. @defaultValue none */
  promotion?: Promotion;
  /** By item: what is added to its score; 1 is about as much as the history adds to a good item. @defaultValue none */
  boosts?: Readonly<Record<string, number>>;
  /** By category column and category: what is added to the score of every item of that category. @defaultValue none */
  boostsBy?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Items that somebody wants seen. */
export interface Promotion {
  /** Which ones they are. */
  filter: CompiledFilter;
  /** What stands for the `$parameters` of that filter. @defaultValue none */
  filterValues?: FilterValues;
  /** Their share of the places, 1 to 100. @defaultValue `20` */
  percentPromotedItems?: number;
}

/** By name without the dollar sign: the values of a parameter. */
export type FilterValues = Readonly<Record<string, string | number | readonly (string | number)[]>>;

/** A filter of the dataset group as `GET /device/filters/NAME` gives it: data, made from its expression. */
export interface CompiledFilter {
  readonly rules: readonly FilterRule[];
}

export interface FilterRule {
  readonly effect: 'include' | 'exclude';
  readonly dataset: string;
  /** One of these lists has to hold as a whole. */
  readonly anyOf: readonly (readonly FilterCheck[])[];
  /** All of these have to hold for the visitor, or the rule does nothing. */
  readonly onlyIf: readonly FilterCheck[];
}

export interface FilterCheck {
  readonly column: string;
  readonly test: 'in' | 'not in' | '=' | '!=' | '<' | '<=' | '>' | '>=';
  /** Missing where it is compared with the item of a request, which a page does not have. */
  readonly values?: readonly FilterValue[];
}

/** A text, the number that it reads as, or the name of a parameter. */
export interface FilterValue {
  readonly text?: string;
  readonly number?: number | null;
  readonly parameter?: string;
}

/** What a list is like, relevance aside; each 0 to 1. */
export interface Measures {
  /** How little known its items are. */
  novelty: number;
  /** How different they are from each other. */
  diversity: number;
  /** How different they are from the history. */
  serendipity: number;
  /** The share of the categories of `by` that occur in it. */
  coverage: number;
}

/** Dials that cost hardly any relevance on the data that they were measured with (docs/ranker.md): to be spread. */
export const BALANCED = { debias: 0.1, diversity: 0.05 } as const satisfies RankOptions;

/**
 * A list that is ranked more than once: its ids are looked up the first time and stay with the ranker. Made by
 * `{ ids }`; an object stands for its list as it was then, so a changed list is a new object.
 */
export interface Candidates {
  readonly ids: readonly string[];
}

/** What can be ranked: ids, a list that stays, or `null` for the whole catalogue. */
export type Rankable = readonly string[] | Candidates | null;

/** Why an item is where it is. `given`: the pack does not know it, or there is no pack yet. */
export type Reason =
  { kind: 'because'; itemId: string } | { kind: 'taste' | 'popular' | 'exploration' | 'promoted' | 'given' };

/** One item of a ranking; scores are comparable within one ranking only. */
export interface RankedItem {
  itemId: string;
  score: number | null;
  reason: Reason;
}

/** A list in its new order, and how it came about. */
export interface Ranking {
  items: RankedItem[];
  where: 'device' | 'given-order';
  /** Time taken, in microseconds. */
  micros: number;
  /** How many observations the order is based on. */
  historyLength: number;
  /** SHA-256 of the pack. */
  packVersion: string | null;
  /** Measured when it is asked; missing where there is no pack, and without `dials`. */
  measures?: () => Measures;
}

/** Counts since the page was loaded. Every recorded event ends as accepted, duplicate, refused or dropped. */
export interface Stats {
  /** Given to `track` in this page, or found unsent from an earlier visit. */
  recorded: number;
  queued: number;
  inFlight: number;
  accepted: number;
  /** The server had them already. */
  duplicate: number;
  /** The server will never take them. */
  refused: number;
  /** Made room for newer ones in a long outage. */
  dropped: number;
  /** Requests that have to be made again. */
  retries: number;
  lastError: string | null;
  /** Whether the last request reached the server, as far as the browser is not known to be offline. */
  online: boolean;
}

/** One thing the visitor did, as the device remembers it. */
export interface HistoryEntry {
  itemId: string;
  eventType: string;
  /** Milliseconds since the epoch. */
  at: number;
}

/** What `on` can listen to. */
export interface Events {
  /** `dropped`: it made room for newer ones in a long outage, and was not sent. */
  outcome: { eventId: string; outcome: 'accepted' | 'duplicate' | 'invalid' | 'dropped'; reason?: string };
  stats: Stats;
  ready: { items: number; packVersion: string };
  error: { message: string };
  history: readonly HistoryEntry[];
}

/** An item of the pack. */
export interface Item {
  itemId: string;
  /** The metadata columns by name: text, a number, categories, or nothing. */
  columns: Record<string, string | number | string[] | null>;
}

/** One namespace of one page. */
export interface Tracker {
  /** Records an event and returns its id. Events of one task have the time of its end. Never throws, never blocks. */
  track(eventType: string, event?: EventInput): string;
  /** Says who is signed in; `null` when nobody is. Another person starts with an empty history. */
  identify(userId: string | null): void;
  /** Orders `candidates`, or the whole catalogue for `null`. */
  rank(candidates: Rankable, options?: RankOptions): Ranking;
  /** Sends what is queued now; resolves when it is acknowledged or when the server cannot be reached. */
  flush(): Promise<Stats>;
  stats(): Stats;
  /** Listens; the function that comes back ends it. */
  on<K extends keyof Events>(name: K, listener: (event: Events[K]) => void): () => void;
  /** Resolves when the pack can rank. */
  readonly ready: Promise<void>;
  /** The last 100 things the visitor did, oldest first. */
  history(): readonly HistoryEntry[];
  /** All items of the pack, most popular first; empty before `ready`. */
  items(): Item[];
  item(id: string): Item | undefined;
  clearHistory(): void;
  /** Whom events are ascribed to just now: what a request to the server on the visitor's behalf needs. */
  identity(): Identity;
  /** Tries to send what is queued, then stops. What is left is sent by the next visit. */
  close(): Promise<void>;
}

/** Whom events are ascribed to. */
export interface Identity {
  sessionId: string;
  userId: string | null;
}
