'use client';
/**
 * Hooks for the default tracker, without a provider: whatever is called before `useTracker` has run waits, in order.
 * On a server they record nothing and lists keep the given order, and so does the first rendering in the page.
 */
import { type RefObject, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { impressions, type Impressions, type Shown } from './impressions.js';
import { flush, identify, init, on, rank, track } from './index.js';
import type { Options, Rankable, RankOptions, Ranking } from './types.js';

/** The functions of the default tracker. They stay the same, so no effect runs again because of them. */
const functions = { track, identify, rank, flush, on };

/**
 * Starts the tracker when the page has been rendered, and gives its functions. With the same namespace it is the same
 * tracker, in however many components.
 */
export function useTracker(options?: Options): typeof functions {
  const namespace = options && (options.namespace ?? options.trackingId);
  useEffect(() => {
    if (options) init(options);
    // Other options are for another namespace: a tracker does not change while it runs.
  }, [namespace]);
  return functions;
}

/** The list in this visitor's order; arranged again when the pack has come and when the visitor did something. */
export function useRank(candidates: Rankable, options?: RankOptions): Ranking {
  const version = useSyncExternalStore(subscribe, current, onServer);
  return useMemo(() => rank(candidates, options), [version, JSON.stringify([candidates, options])]);
}

/** Records, as one impression with its neighbours, that half of the element was visible for a second. */
export function useImpression<E extends Element>(itemId: string, recommendationId?: string): RefObject<E | null> {
  const ref = useRef<E>(null);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    shown.set(element, { itemId, recommendationId });
    watching ??= impressions(document, (element) => shown.get(element)!, track);
    watching.observe(element);
    return () => watching!.forget(element);
  }, [itemId, recommendationId]);
  return ref;
}

/** What the elements show that are watched, and who watches them. */
const shown = new WeakMap<Element, Shown>();
let watching: Impressions | undefined;

/** One listener for all lists of the page, so that all of them change in one rendering. */
const listeners = new Set<() => void>();
let version = 0;
let stop = () => {};

function subscribe(listener: () => void): () => void {
  if (!listeners.size) {
    // While nobody listened anything may have happened.
    version++;
    const undo = [on('ready', changed), on('history', changed)];
    stop = () => undo.forEach((one) => one());
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (!listeners.size) stop();
  };
}

function changed() {
  version++;
  listeners.forEach((listener) => listener());
}

const current = () => version;
/** Another number than any in the page: what the server rendered is arranged anew when React has taken it over. */
const onServer = () => -1;
