/** The page that events happen in, as each request says it once: enough to tell pages and devices apart, and no more. */

/** The server takes 2048 bytes for everything. */
const ADDRESS_CHARS = 1000;

/** What a request says of the page. The server keeps it as it is. */
export interface PageContext {
  /** Address without query, and without fragment unless an application keeps its routes there. */
  page: string;
  /** Origin of the page before. */
  referrer: string | undefined;
  language: string;
  timeZone: string;
  /** Width and height of the device in CSS pixels. */
  screen: number[];
  /** Width and height of the window. */
  viewport: number[];
}

/**
 * A function that gives the page as it is when it is called, as JSON. It is called once for each task that records, so
 * all but the address is looked up again only when that is another one.
 */
export function pageContext(page: Document): () => string | undefined {
  let seen: string;
  let text: string | undefined;
  return () => {
    if (page.URL !== seen) {
      seen = page.URL;
      try {
        text = JSON.stringify(describe(page));
      } catch {
        // A shell around the page has put something of its own there. The events matter more.
        text = undefined;
      }
    }
    return text;
  };
}

function describe({ URL: url, referrer }: Document): PageContext {
  return {
    page: address(new URL(url)),
    referrer: referrer ? new URL(referrer).origin : undefined,
    language: navigator.language,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    screen: [screen.width, screen.height],
    viewport: [innerWidth, innerHeight],
  };
}

/** Queries carry names, tokens and searches, those of routes too. */
function address({ origin, pathname, hash }: URL): string {
  return (origin + pathname + (hash.startsWith('#/') ? hash.split('?')[0] : '')).slice(0, ADDRESS_CHARS);
}
