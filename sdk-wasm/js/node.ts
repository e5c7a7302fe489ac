/** The entry for servers that render pages: the same functions, and none of them does anything. */
import { newId } from './event.js';
import { givenOrder } from './given-order.js';
import { unsent } from './stats.js';
import type { EventInput, Events, Options, Rankable, RankOptions, Ranking, Stats, Tracker } from './types.js';

export type * from './types.js';

const nothing = () => {};

export function init(options: Options): Tracker {
  return {
    track,
    identify,
    rank,
    flush,
    stats,
    on,
    // A page that waits for it while it is rendered must not wait for ever.
    ready: Promise.resolve(),
    history: () => [],
    items: () => [],
    item: nothing as () => undefined,
    clearHistory: nothing,
    identity: () => ({ sessionId: newId(), userId: options.userId ?? null }),
    close: () => Promise.resolve(),
  };
}

export function track(_eventType: string, _event?: EventInput): string {
  return newId();
}

export function forget(): void {}

export function identify(_userId: string | null): void {}

export function rank(candidates: Rankable, options?: RankOptions): Ranking {
  return givenOrder(candidates, options);
}

export function flush(): Promise<Stats> {
  return Promise.resolve(stats());
}

export function stats(): Stats {
  return { ...unsent(0), online: false };
}

export function on<K extends keyof Events>(_name: K, _listener: (event: Events[K]) => void): () => void {
  return nothing;
}
