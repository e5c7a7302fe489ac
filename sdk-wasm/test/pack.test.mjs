import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, test } from 'node:test';

import { MemoryDisk, inner } from './inner.mjs';

const { createTracker } = await inner('js/tracker.ts');
const pack = readFileSync(new URL('../../tests/format/pack-v1.bbp', import.meta.url));
const OPTIONS = { trackingId: 'pack', endpoint: 'http://server', campaign: 'films' };
const URL_OF_PACK = 'http://server/device/campaigns/films/pack';
const trackers = [];

/** A browser's cache that outlives the page. */
class FakeCaches {
  kept = new Map();
  open = async () => ({
    match: async (url) => this.kept.get(url)?.clone(),
    put: async (url, response) => void this.kept.set(url, response),
    delete: async (url) => this.kept.delete(url),
  });
}

function serve(answer) {
  const requests = [];
  globalThis.fetch = async (url) => {
    if (url.endsWith('/events')) return Response.json({});
    requests.push(url);
    return answer();
  };
  return requests;
}

const found = (bytes = pack, version = 'abc') => new Response(bytes, { headers: { ETag: `"${version}"` } });

function start(more) {
  const tracker = createTracker({ ...OPTIONS, ...more }, undefined, new MemoryDisk().open);
  trackers.push(tracker);
  return tracker;
}

afterEach(async () => {
  for (const tracker of trackers.splice(0)) await tracker.close();
  delete globalThis.caches;
});

test('the device ranks as soon as the pack is there, with what happened before', async () => {
  const requests = serve(found);
  const tracker = start();
  const ready = new Promise((resolve) => tracker.on('ready', resolve));
  assert.equal(tracker.rank(['a']).where, 'given-order');
  await tracker.ready;
  assert.deepEqual(requests, [URL_OF_PACK]);
  assert.deepEqual(await ready, { items: tracker.items().length, packVersion: 'abc' });

  const ids = tracker.items().map(({ itemId }) => itemId);
  tracker.track('watch', { itemId: ids.at(-1) });
  const { where, items, historyLength, packVersion } = tracker.rank([...ids, 'unknown'], { k: 100, exclude: [ids[0]] });
  assert.deepEqual([where, historyLength, packVersion], ['device', 1, 'abc']);
  assert.ok(!items.some(({ itemId }) => itemId === ids[0]));
  assert.deepEqual(items.at(-1), { itemId: 'unknown', score: null, reason: { kind: 'given' } });
  assert.ok(!tracker.rank(ids, { seen: 'exclude', k: 100 }).items.some(({ itemId }) => itemId === ids.at(-1)));
  tracker.clearHistory();
  assert.deepEqual(
    tracker.rank(ids, { k: 3 }).items.map(({ itemId }) => itemId),
    ids.slice(0, 3),
  );
});

test('who turns a dial that was not loaded is told once, and gets the plain order', async (context) => {
  const shouted = context.mock.method(console, 'error', () => {});
  serve(found);
  const tracker = start();
  await tracker.ready;
  const errors = [];
  tracker.on('error', ({ message }) => errors.push(message));
  const plain = tracker.rank(null, { k: 9, seen: 'exclude' });
  assert.deepEqual([errors, plain.measures], [[], undefined]);
  for (const dial of [{ debias: 2 }, { seen: ['watch'] }, { boosts: { 'film-017': 9 } }])
    assert.deepEqual(tracker.rank(null, { k: 9, ...dial }).items, plain.items);
  await new Promise(setImmediate);
  assert.match(errors.join(), /^Error: [^,]*, exclude and seen need `dials: true` at the start$/);
  assert.equal(shouted.mock.callCount(), 1);
});

test('with `dials: true` they turn, and the list can be measured', async () => {
  serve(found);
  const tracker = start({ dials: true });
  await tracker.ready;
  const lifted = tracker.rank(null, { k: 9, boosts: { 'film-017': 9 } });
  assert.equal(lifted.items[0].itemId, 'film-017');
  assert.ok(lifted.measures().novelty > 0);
});

test('events weigh what the server says beside the pack, unless the page says something else', async () => {
  const weighed = JSON.stringify({ buy: 1.5, 'k\u00f6p': 0.5 });
  const list = async (headers, more) => {
    serve(() => new Response(pack, { headers }));
    const tracker = start(more);
    await tracker.ready;
    const ids = tracker.items().map(({ itemId }) => itemId);
    ['Buy', 'look', 'KÖP'].forEach((type, at) => tracker.track(type, { itemId: ids[7 * at] }));
    return tracker.rank(null, { k: 100 }).items;
  };
  const told = await list({ 'Bowerbird-Weights': weighed });
  const weights = { Buy: 1.5, look: 0, KÖP: 0.5 };
  assert.deepEqual(told, await list({}, { weights }));
  assert.notDeepEqual(told, await list({}));
  const own = { look: 1 };
  assert.deepEqual(
    await list({ 'Bowerbird-Weights': weighed }, { weights: own }),
    await list({}, { weights: { ...weights, ...own } }),
  );
});

test('the pack of the last visit is used while the server is away', async () => {
  globalThis.caches = new FakeCaches();
  serve(found);
  await start().ready;
  serve(() => Promise.reject(new TypeError('fetch failed')));
  const offline = start();
  await offline.ready;
  assert.equal(offline.rank(['x']).packVersion, 'abc');
});

test('a broken pack never replaces a good one', async () => {
  globalThis.caches = new FakeCaches();
  serve(found);
  await start().ready;
  const broken = Uint8Array.from(pack);
  broken[broken.length - 1] ^= 1;
  serve(() => found(broken, 'def'));
  const tracker = start();
  const error = new Promise((resolve) => tracker.on('error', resolve));
  await tracker.ready;
  assert.match((await error).message, /download it again/);
  assert.equal(tracker.rank(['x']).packVersion, 'abc');
  const kept = await (await caches.open()).match(URL_OF_PACK);
  assert.equal(kept.headers.get('ETag'), '"abc"');
});

test('a campaign without a pack is an error and not the end', async () => {
  serve(() => Response.json({ message: 'no campaign is called films' }, { status: 404 }));
  const tracker = start();
  const error = new Promise((resolve) => tracker.on('error', resolve));
  assert.match((await error).message, /no campaign is called films/);
  assert.equal(tracker.rank(['a']).where, 'given-order');
});

test('a page that stays open gets a newer pack', async ({ mock }) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  let version = 'abc';
  const requests = serve(() => found(pack, version));
  const tracker = start();
  await tracker.ready;
  version = 'def';
  const ready = new Promise((resolve) => tracker.on('ready', resolve));
  await new Promise(setImmediate);
  mock.timers.tick(15 * 60_000);
  assert.equal((await ready).packVersion, 'def');
  assert.equal(requests.length, 2);
});

test('of a catalogue that is too large a page gets what it ranks, with the scores of the whole', async () => {
  const format = (name) => readFileSync(new URL(`../../tests/format/${name}`, import.meta.url));
  const ids = Array.from({ length: 20 }, (_, at) => `film-${String(at).padStart(3, '0')}`);
  const ranked = (tracker) => tracker.rank(ids, { k: 20 }).items.map(({ itemId, score }) => [itemId, score]);
  serve(found);
  const whole = start({ namespace: 'whole' });
  await whole.ready;
  whole.track('watch', { itemId: ids[1] });
  const expected = ranked(whole);

  const headers = { ETag: '"abc"', 'bowerbird-catalogue': '40' };
  const requests = [];
  globalThis.fetch = async (url) => {
    if (url.endsWith('/events')) return Response.json({});
    requests.push(url);
    return new Response(format(url.includes('items') ? 'part-v1.bbp' : 'part-v1-few.bbp'), { headers });
  };
  const tracker = start({ namespace: 'part' });
  await tracker.ready;
  assert.equal(tracker.rank(null, { k: 40 }).items.length, 3, 'what stands for the rest is not shown');
  assert.equal(tracker.items().length, 3);
  tracker.track('watch', { itemId: ids[1] });
  const again = new Promise((resolve) => tracker.on('ready', resolve));
  assert.equal(ranked(tracker).filter(([, score]) => score === null).length, 17, 'they are asked for');
  await again;
  assert.deepEqual(ranked(tracker), expected);
  assert.deepEqual(requests, [URL_OF_PACK, `${URL_OF_PACK}?items=${ids.slice(3).join()}`]);
});
