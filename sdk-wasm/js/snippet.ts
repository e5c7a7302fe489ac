/** For servers that write pages: the element that lets a page call `bowerbird.track` before anything has loaded. */
import type { EventInput, Events, Options } from './types.js';

/** Put here by the build: `snippet-page.ts`, compiled. */
declare const SNIPPET: string;

/**
 * The global `bowerbird` of a page with the snippet. Calls wait, in order, until the module is there; then everything
 * that the module offers is here too.
 */
export interface Snippet {
  init(options: Options): void;
  track(eventType: string, event?: EventInput): void;
  identify(userId: string | null): void;
  on<K extends keyof Events>(name: K, listener: (event: Events[K]) => void): void;
  flush(): void;
  /** Resolves to the module: `bowerbird.loaded.then(({ rank }) => …)`. */
  loaded: Promise<typeof import('./index.js')>;
}

/** What is between the tags: for a hash in the page's security policy. */
export const script: string = SNIPPET;

/** The element for the head of a page. `module` is the address of the package's `dist/index.js`, `nonce` the policy's. */
export function snippet(module: string, nonce?: string): string {
  const attribute = (name: string, value: string) =>
    ` ${name}="${value.replace(/&/g, '&amp;').replace(/"/g, '&quot;')}"`;
  return `<script${attribute('data-module', module)}${nonce ? attribute('nonce', nonce) : ''}>${script}</script>`;
}
