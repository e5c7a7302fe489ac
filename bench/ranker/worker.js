// A ranker in a Worker: opens a pack that no page wants to open on its main thread, and ranks its whole catalogue.
import { openRanker } from './ours.js';

onmessage = async ({ data: { campaign, endpoint } }) => {
  const start = performance.now();
  const ranker = openRanker({
    campaign,
    endpoint,
    dials: true,
    onError: (error) => postMessage({ error: String(error) }),
  });
  await ranker.ready;
  const open = performance.now() - start;
  let rank = Infinity;
  for (let turn = 0; turn < 12; turn++) {
    ranker.observe('item-' + String(turn * 1000).padStart(7, '0'));
    const start = performance.now();
    ranker.rank(null, { k: 20, seen: 'exclude', diversity: 0.1 });
    rank = Math.min(rank, performance.now() - start);
  }
  postMessage({ open, rank });
};
