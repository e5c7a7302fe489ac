/** "Which items were seen?": half of an element for a second counts. Who names the element's item is not known here. */
import type { Tracker } from './types.js';

/** Half of an element for a second: the usual meaning of "seen" in advertising (IAB/MRC). */
const VISIBLE_SHARE = 0.5;
const VISIBLE_MS = 1000;
/** Elements of one list come into view within moments, and are one event. */
const TOGETHER_MS = 250;
/** What one event may carry. */
const MAX_IMPRESSION = 25;

/** What an element shows, and in which list. */
export interface Shown {
  itemId: string | undefined;
  recommendationId: string | undefined;
}

export interface Impressions {
  /** Looks at an element from now on, or anew when what it shows has changed. */
  observe(element: Element): void;
  /** The element has left the page. */
  forget(element: Element): void;
  stop(): void;
}

/** `shown` is asked when an element has been visible for long enough. */
export function impressions(page: Document, shown: (element: Element) => Shown, track: Tracker['track']): Impressions {
  const since = new Map<Element, ReturnType<typeof setTimeout>>();
  const counted = new WeakMap<Element, string>();
  const seen = new Map<string | undefined, Set<string>>();
  let reporting: ReturnType<typeof setTimeout> | undefined;

  function count(element: Element) {
    since.delete(element);
    const { itemId, recommendationId } = shown(element);
    // The same element may show another item later, and counts again then.
    if (!itemId || counted.get(element) === itemId) return;
    counted.set(element, itemId);
    reporting ??= setTimeout(report, TOGETHER_MS);
    seen.set(recommendationId, (seen.get(recommendationId) ?? new Set()).add(itemId));
  }

  function report() {
    clearTimeout(reporting);
    reporting = undefined;
    for (const [recommendationId, items] of seen) {
      const all = [...items];
      while (all.length) track('impression', { impression: all.splice(0, MAX_IMPRESSION), recommendationId });
    }
    seen.clear();
  }

  function looked(entries: IntersectionObserverEntry[]) {
    for (const { target, intersectionRatio } of entries) {
      forgetTime(target);
      if (intersectionRatio >= VISIBLE_SHARE) since.set(target, setTimeout(count, VISIBLE_MS, target));
    }
  }

  function forgetTime(element: Element) {
    clearTimeout(since.get(element));
    since.delete(element);
  }

  const intersections = new IntersectionObserver(looked, { threshold: VISIBLE_SHARE });
  // While capturing: before the tracker says what it has to say when a page is left.
  page.addEventListener('visibilitychange', report, true);
  return {
    observe(element) {
      intersections.unobserve(element);
      intersections.observe(element);
    },
    forget(element) {
      intersections.unobserve(element);
      forgetTime(element);
    },
    stop() {
      intersections.disconnect();
      since.forEach(clearTimeout);
      page.removeEventListener('visibilitychange', report, true);
      report();
    },
  };
}
