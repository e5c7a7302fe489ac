/**
 * The vector pack of a campaign: from the last visit at once, then from the server, and never a broken one in place of
 * a good one. Loaded only by pages that rank.
 */
import { type Device, type MakeDials, openDevice } from './device.js';
import type { Want } from './parts.js';
import type { Modules } from './ranker-module.js';
import type { Item, Rankable, RankOptions, Ranking } from './types.js';

const CACHE = 'bowerbird';
/** While there is no pack, ask again within this time. */
const LONGEST_WAIT_MS = 60_000;
/** A page that stays open asks for a newer pack this often: a request that is answered with 304 and nothing else. */
const ASK_AGAIN_MS = 15 * 60_000;

/** The third byte of a delta; a pack has another one. */
const DELTA = 0x44;
/** Comes with a pack where events do not all weigh the same: a JSON object, by type in lower case. */
const WEIGHTS = 'bowerbird-weights';
/** Comes with a part of a pack, and says how many items the whole has. */
const PART = 'bowerbird-catalogue';

export interface RankerOptions {
  /** Where events are sent: packs lie beside it. */
  events: string;
  campaign: string;
  /** Nothing is asked for because of what the visitor did. */
  local?: boolean | undefined;
  /** A pack can rank: the history is to be told to it now. */
  ready(found: { items: number; packVersion: string }): void;
  failed(error: unknown): void;
}

export interface Ranker {
  /** Without a pack: nothing. */
  rank(candidates: Rankable, options?: RankOptions): Ranking | undefined;
  /** Without a weight it is that of the type. */
  observe(event: { itemId: string; eventType: string }, weight?: number): void;
  clear(): void;
  items(): Item[] | undefined;
  item(id: string): Item | undefined;
  /** The network may be back. */
  wake(): void;
  close(): void;
}

/** Of one build of the module; `dials` where it has them. */
export const rankers = (modules: Modules, dials?: MakeDials) => (options: RankerOptions) =>
  createRanker(modules, dials, options);

function createRanker(
  modules: Modules,
  dials: MakeDials | undefined,
  { events, campaign, local, ready, failed }: RankerOptions,
): Ranker {
  const url = new URL('device/campaigns/' + encodeURIComponent(campaign) + '/pack', events).href;
  let device: Device | undefined;
  let version: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let askedAt = 0;
  let lastMessage = '';
  let closed = false;
  let busy = false;
  let missed = false;
  /** Whether what has changed since the pack in use is enough. */
  let follows = true;
  /** Where the catalogue is too large to be downloaded: asks for items by name. */
  let want: Want | undefined;
  let wanted = '';
  /** What is not in it is not a number to the module, and counts nothing. */
  let weights: Record<string, number> | null;

  /** Throws, and leaves everything as it was, when the bytes are not a usable pack. */
  async function use(bytes: Uint8Array, response: Response) {
    const module = await modules.next();
    try {
      device = openDevice(module, bytes, dials);
    } catch (error) {
      throw (await faults()).explained(error);
    }
    weights = JSON.parse(response.headers.get(WEIGHTS)!) as typeof weights;
    ready({ items: device.size(), packVersion: (version = etag(response)) });
  }

  async function fromLastVisit() {
    const cache = await packs();
    const kept = await cache?.match(url);
    if (!kept) return;
    try {
      await use(await bytesOf(kept), kept);
    } catch {
      await cache?.delete(url);
    }
  }

  async function fromServer() {
    // The browser asks with the ETag by itself; a header of our own would cost a preflight request.
    const query = wanted ? '?items=' + wanted : version && follows ? '?from=' + version : '';
    const response = await fetch(url + query, { credentials: 'omit', cache: 'no-cache' });
    if (!response.ok) throw await (await faults()).refusal(response);
    if (device && etag(response) === version && !wanted) return;
    let bytes = await bytesOf(response);
    // More was asked for in the meantime.
    if (wanted && !query.endsWith(wanted)) return;
    const isDelta = bytes[2] === DELTA;
    // Whatever goes wrong with a delta, the next try is for the whole pack.
    follows = !isDelta;
    if (isDelta) bytes = (await import('./delta.js')).applyDelta(device!.bytes(), bytes);
    if (response.headers.has(PART)) {
      want ??= (await import('./parts.js')).parts((items) => {
        wanted = items;
        fromServer().catch(complain);
      });
    }
    await use(bytes, response);
    follows = true;
    await (await packs())?.put(url, new Response(bytes, response)).catch(() => {});
  }

  async function refresh() {
    if (busy || closed) return;
    busy = true;
    clearTimeout(timer);
    try {
      // Where the module cannot run there is no use for a pack.
      if (!device) {
        await modules.prepare();
        await fromLastVisit();
      }
      await fromServer();
      failures = 0;
      askedAt = performance.now();
      if (!closed) timer = setTimeout(refresh, ASK_AGAIN_MS);
    } catch (error) {
      complain(error);
      const wait = Math.random() * Math.min(LONGEST_WAIT_MS, 1000 * 2 ** failures++);
      if (!closed) timer = setTimeout(refresh, wait);
    }
    busy = false;
  }

  function complain(error: unknown) {
    const message = String(error);
    if (message !== lastMessage) failed(error);
    lastMessage = message;
  }

  /** Whoever turns what is not there is told once, and gets the plain order. */
  function missDials(options: RankOptions) {
    if (missed) return;
    // Without a copy of the options, which would take a fifth of the time of a short list.
    for (const name in options) {
      const value = options[name as keyof RankOptions];
      const isPlain = name === 'k' || name === 'exclude' || (name === 'seen' && !Array.isArray(value));
      missed ||= !isPlain && !!value;
    }
    if (!missed) return;
    void faults().then(({ noDials }) => {
      console.error(noDials);
      failed(noDials);
    });
  }

  void refresh();
  return {
    rank(candidates, options = {}) {
      if (!device) return;
      const start = performance.now();
      const { rank, measure, observed } = device;
      if (!measure) missDials(options);
      const items = rank(want ? want(device, candidates) : candidates, options);
      const micros = Math.round((performance.now() - start) * 1000);
      const ranking: Ranking = { items, where: 'device', micros, historyLength: observed(), packVersion: version };
      if (measure) ranking.measures = () => measure(items, options);
      return ranking;
    },
    observe(event, weight = weights ? weights[event.eventType.toLowerCase()]! : 1) {
      if (!device) return;
      if (!local) want?.(device, [event.itemId]);
      device.observe(event, weight);
    },
    clear: () => device?.clear(),
    items: () => device?.items(),
    item: (id) => device?.item(id),
    wake() {
      // Timers stand still while a computer sleeps.
      if (failures || performance.now() - askedAt > ASK_AGAIN_MS) void refresh();
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** Missing where the page was not served securely: then the browser's own cache has to do. */
function packs(): Promise<Cache | undefined> {
  if (typeof caches === 'undefined') return Promise.resolve(undefined);
  return caches.open(CACHE).catch(() => undefined);
}

const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

function etag(response: Response): string {
  return (response.headers.get('ETag') ?? '').replace(/^W\/|"/g, '');
}

const faults = () => import('./faults.js');
