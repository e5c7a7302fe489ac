/**
 * Clicks and impressions by data attributes: `data-bb-item` names the item, `data-bb-event` what a click on it means,
 * `data-bb-recommendation` (on the element or around it) the list that it was shown in.
 */
import type { Tracker } from './types.js';

/** Half of an element for a second: the usual meaning of "seen" in advertising (IAB/MRC). */
const VISIBLE_SHARE = 0.5;
const VISIBLE_MS = 1000;
/** Elements of one list come into view within moments, and are one event. */
const TOGETHER_MS = 250;
/** What one event may carry. */
const MAX_IMPRESSION = 25;

type Track = Tracker['track'];

/** Watches until the function that comes back is called. */
export function watch(
  page: Document,
  { clicks = true, impressions = true }: { clicks?: boolean; impressions?: boolean },
  track: Track,
): () => void {
  const undo = [clicks && watchClicks(page, track), impressions && watchImpressions(page, track)];
  return () => undo.forEach((stop) => stop && stop());
}

function watchClicks(page: Document, track: Track): () => void {
  const clicked = ({ target }: Event) => {
    const element = target instanceof Element && target.closest<HTMLElement>('[data-bb-item]');
    if (!element) return;
    const { bbItem: itemId, bbEvent = 'click' } = element.dataset;
    track(bbEvent, { itemId, recommendationId: recommendation(element) });
  };
  // While capturing: a page that stops the event's way up is still counted.
  page.addEventListener('click', clicked, true);
  return () => page.removeEventListener('click', clicked, true);
}

function watchImpressions(page: Document, track: Track): () => void {
  const since = new Map<Element, ReturnType<typeof setTimeout>>();
  const counted = new WeakMap<Element, string>();
  const seen = new Map<string | undefined, Set<string>>();
  let reporting: ReturnType<typeof setTimeout> | undefined;

  function count(element: HTMLElement) {
    since.delete(element);
    const { bbItem } = element.dataset;
    // The same element may show another item later, and counts again then.
    if (!bbItem || counted.get(element) === bbItem) return;
    counted.set(element, bbItem);
    reporting ??= setTimeout(report, TOGETHER_MS);
    const list = recommendation(element);
    seen.set(list, (seen.get(list) ?? new Set()).add(bbItem));
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

  const intersections = new IntersectionObserver(
    (entries) => {
      for (const { target, intersectionRatio } of entries) {
        clearTimeout(since.get(target));
        since.delete(target);
        if (intersectionRatio >= VISIBLE_SHARE) since.set(target, setTimeout(count, VISIBLE_MS, target));
      }
    },
    { threshold: VISIBLE_SHARE },
  );
  const observe = (element: Element) => {
    // Observed anew, so that an element whose item has changed is looked at again.
    intersections.unobserve(element);
    intersections.observe(element);
  };
  const find = (root: ParentNode) => root.querySelectorAll('[data-bb-item]').forEach(observe);
  const mutations = new MutationObserver((records) => {
    for (const { type, target, addedNodes, removedNodes } of records) {
      if (type === 'attributes') observe(target as Element);
      for (const node of addedNodes) {
        if (!(node instanceof Element)) continue;
        if (node.matches('[data-bb-item]')) observe(node);
        find(node);
      }
      for (const node of removedNodes) if (node instanceof Element) clearTimeout(since.get(node));
    }
  });
  // While capturing: before the tracker says what it has to say when a page is left.
  page.addEventListener('visibilitychange', report, true);
  find(page);
  mutations.observe(page, { subtree: true, childList: true, attributeFilter: ['data-bb-item'] });
  return () => {
    mutations.disconnect();
    intersections.disconnect();
    since.forEach(clearTimeout);
    page.removeEventListener('visibilitychange', report, true);
    report();
  };
}

function recommendation(element: Element): string | undefined {
  return element.closest<HTMLElement>('[data-bb-recommendation]')?.dataset.bbRecommendation;
}
