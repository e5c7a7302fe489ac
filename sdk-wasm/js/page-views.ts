/** Page views of applications that change the address without loading a page. */
import type { Tracker } from './types.js';

/** Records the address as it is and as it becomes, once each time that it is another one. */
export function watchPageViews(page: Document, track: Tracker['track']): () => void {
  let seen = '';
  const look = () => {
    const { pathname, search, hash } = location;
    // What comes after a # is a place in the same page, unless an application keeps its routes there.
    const route = hash.startsWith('#/') ? hash : '';
    const address = pathname + search + route;
    if (address === seen) return;
    // Queries carry names, tokens and searches, those of routes too: they tell addresses apart and stay here.
    const path = pathname + route.split('?')[0];
    const referrer = seen ? undefined : origin(page.referrer);
    seen = address;
    track('page_view', { properties: { path, title: page.title || undefined, referrer } });
  };
  look();
  // Chromium and Safari tell of every change; in other browsers the functions that make them do.
  const told = globalThis.navigation as Navigation | undefined;
  return told ? whenEntered(told, look) : whenPushed(look);
}

function whenEntered(navigation: Navigation, look: () => void): () => void {
  navigation.addEventListener('currententrychange', look);
  return () => navigation.removeEventListener('currententrychange', look);
}

function whenPushed(look: () => void): () => void {
  const undo = (['pushState', 'replaceState'] as const).map((name) => {
    const before = history[name];
    const calling: typeof before = function (this: History, ...state) {
      before.apply(this, state);
      look();
    };
    history[name] = calling;
    // Somebody else may have put a function of theirs around this one.
    return () => history[name] === calling && (history[name] = before);
  });
  addEventListener('popstate', look);
  return () => {
    undo.forEach((one) => one());
    removeEventListener('popstate', look);
  };
}

/** Where a visitor came from, without what they did there. */
function origin(referrer: string): string | undefined {
  return referrer ? new URL(referrer).origin : undefined;
}
