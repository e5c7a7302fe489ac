// The best of many samples, in microseconds: on a machine that does other things, only the best one repeats.
const SAMPLE_MS = 1;
const WARM_MS = 200;
const BUDGET_MS = 700;
const SAMPLES_MIN = 12;
const SAMPLES_MAX = 600;

/** `call(turn)` may return a promise; a sample is as many calls as take about a millisecond. */
export async function measure(call) {
  const isAsync = call(0) instanceof Promise;
  const run = async (count) => {
    const start = performance.now();
    if (isAsync) for (let turn = 0; turn < count; turn++) await call(turn);
    else for (let turn = 0; turn < count; turn++) call(turn);
    return (performance.now() - start) / count;
  };
  let best = Infinity;
  const warm = performance.now() + WARM_MS;
  while (performance.now() < warm) best = Math.min(best, await run(8));
  const count = Math.max(1, Math.round(SAMPLE_MS / Math.max(best, 1e-4)));
  const end = performance.now() + BUDGET_MS;
  for (let sample = 0; (performance.now() < end || sample < SAMPLES_MIN) && sample < SAMPLES_MAX; sample++)
    best = Math.min(best, await run(count));
  return best * 1000;
}
