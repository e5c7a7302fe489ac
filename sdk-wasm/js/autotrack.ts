/**
 * What a page need not record itself: page views, and clicks and impressions by data attributes: `data-bb-item` names the item, `data-bb-event` what a click on it means,
 * `data-bb-recommendation` (on the element or around it) the list that it was shown in.
 */
import { impressions, type Shown } from './impressions.js';
import type { Autotrack, Tracker } from './types.js';

const ITEM = '[data-bb-item]';

type Track = Tracker['track'];

/** Watches until the function that comes back is called. */
export function watch(page: Document, wanted: Autotrack | true, track: Track): () => void {
  const { clicks = true, impressions = true, pageViews = false } = wanted === true ? {} : wanted;
  const undo = [clicks && watchClicks(page, track), impressions && watchImpressions(page, track)];
  let stopped = false;
  if (pageViews)
    void import('./page-views.js').then(({ watchPageViews }) => stopped || undo.push(watchPageViews(page, track)));
  return () => {
    stopped = true;
    undo.forEach((stop) => stop && stop());
  };
}

function watchClicks(page: Document, track: Track): () => void {
  const clicked = ({ target }: Event) => {
    const element = target instanceof Element && target.closest<HTMLElement>(ITEM);
    if (element) track(element.dataset.bbEvent ?? 'click', shown(element));
  };
  // While capturing: a page that stops the event's way up is still counted.
  page.addEventListener('click', clicked, true);
  return () => page.removeEventListener('click', clicked, true);
}

function watchImpressions(page: Document, track: Track): () => void {
  const { observe, forget, stop } = impressions(page, shown, track);
  const mutations = new MutationObserver((records) => {
    for (const { type, target, addedNodes, removedNodes } of records) {
      if (type === 'attributes') observe(target as Element);
      for (const node of removedNodes) within(node).forEach(forget);
      for (const node of addedNodes) within(node).forEach(observe);
    }
  });
  page.querySelectorAll(ITEM).forEach(observe);
  mutations.observe(page, { subtree: true, childList: true, attributeFilter: ['data-bb-item'] });
  return () => {
    mutations.disconnect();
    stop();
  };
}

/** The elements of items in a part of the page, itself included. */
function within(node: Node): Element[] {
  if (!(node instanceof Element)) return [];
  const inside = [...node.querySelectorAll(ITEM)];
  return node.matches(ITEM) ? [node, ...inside] : inside;
}

function shown(element: Element): Shown {
  return {
    itemId: (element as HTMLElement).dataset.bbItem,
    recommendationId: element.closest<HTMLElement>('[data-bb-recommendation]')?.dataset.bbRecommendation,
  };
}
