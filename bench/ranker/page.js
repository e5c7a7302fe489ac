// In the page: one contender on one pack. What is timed is what its user would call: ids or places out, best first.
import { measure } from './measure.js';
import { users, vectorsOf } from './vectors.js';

const K = 20;
/** Enough for the browser to have compiled with all its means what opening runs; the first ones run what it had at once. */
const OPENINGS = 60;
/** What the server makes of INCLUDE ItemID WHERE Items.GENRES IN ("a", …, "i"). */
const HALF = {
  rules: [
    {
      effect: 'include',
      dataset: 'Items',
      anyOf: [[{ column: 'GENRES', test: 'in', values: [...'abcdefghi'].map((text) => ({ text, number: null })) }]],
      onlyIf: [],
    },
  ],
};

globalThis.bench = {
  /** The longest task of the page while a Worker opens and ranks, beside what the Worker took; all in milliseconds. */
  async inWorker(n) {
    let longest = 0;
    const watch = new PerformanceObserver((list) =>
      list.getEntries().forEach(({ duration }) => (longest = Math.max(longest, duration))),
    );
    watch.observe({ type: 'longtask' });
    const worker = new Worker('/dist/worker.js', { type: 'module' });
    worker.postMessage({ campaign: String(n), endpoint: location.origin });
    const found = await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data));
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    worker.terminate();
    return { ...found, longest };
  },
  async rival(name, n) {
    const { prepare } = await import(`/dist/${name}.js`);
    const pack = await vectorsOf(packOf(n));
    const visitors = users(pack.dim);
    const rank = await prepare(pack, K);
    return measure((turn) => rank(visitors[turn & 15]));
  },
  async ours(n) {
    const { memoryOf, openDevice, openRanker } = await import('/dist/ours.js');
    const onError = (error) => console.error(String(error));
    const opened = async (dials) => {
      const ranker = openRanker({ campaign: String(n), dials, onError });
      await ranker.ready;
      const ids = ranker.items().map(({ itemId }) => itemId);
      const events = Array.from({ length: 10 }, (_, at) => ids[Math.floor((at * n) / 10)]);
      events.forEach((id) => ranker.observe(id));
      return { ranker, ids, candidates: { ids } };
    };
    let { ranker, ids, candidates } = await opened(false);
    const rank = await measure(() => ranker.rank(candidates, { k: K }));
    const click = (turn) => ranker.observe(ids[(turn * 7919) % n]);
    const noted = await measure(click);
    const plain = await measure((turn) => {
      click(turn);
      ranker.rank(candidates, { k: K });
    });
    ranker.close();
    ({ ranker, ids, candidates } = await opened(true));
    const dials = { k: K, seen: 'exclude', debias: 0.1, diversity: 0.1, filter: HALF };
    const whole = await measure((turn) => {
      click(turn);
      ranker.rank(candidates, dials);
    });
    const bytes = new Uint8Array(await (await fetch(packOf(n))).arrayBuffer());
    const opens = [];
    for (let turn = 0; turn < OPENINGS; turn++) {
      await openDevice.prepare();
      const start = performance.now();
      await openDevice(bytes);
      opens.push(performance.now() - start);
    }
    const open = Math.min(...opens);
    const memory = await memoryOf(bytes, ids);
    return { rank, noted, click: whole, update: plain - rank - noted, open, first: opens[0], memory };
  },
};

const packOf = (n) => `/device/campaigns/${n}/pack`;
