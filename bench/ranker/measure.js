// The best of many samples, in microseconds: on a machine that does other things, only the best one repeats.
const SAMPLE_MS = 1;
const WARM_MS = 200;
const BUDGET_MS = 700;
const SAMPLES_MIN = 12;
const SAMPLES_MAX = 600;

/** `call(turn)` may return a promise; a sample is as many calls as take a millisecond or two. */
export async function measure(call) {
  const isAsync = call(0) instanceof Promise;
  const run = async (count) => {
    const start = performance.now();
    if (isAsync) for (let turn = 0; turn < count; turn++) await call(turn);
    else for (let turn = 0; turn < count; turn++) call(turn);
    return (performance.now() - start) / count;
  };
  // Calls are counted until they fill a sample: the clock of a page goes in steps of 5 µs and more.
  let count = 1;
  const warm = performance.now() + WARM_MS;
  while (performance.now() < warm) if ((await run(count)) * count < SAMPLE_MS) count *= 2;
  let best = Infinity;
  const end = performance.now() + BUDGET_MS;
  for (let sample = 0; (performance.now() < end || sample < SAMPLES_MIN) && sample < SAMPLES_MAX; sample++)
    best = Math.min(best, await run(count));
  return best * 1000;
}
