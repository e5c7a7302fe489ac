// Runs in the page: records in two rhythms, and times every call.
import { init, track } from '/tracker/index.js';

const CATEGORIES = ['comedy', 'drama', 'documentary', 'thriller', 'animation'];
const longTasks = [];

new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
  type: 'longtask',
});

globalThis.bench = {
  /** All in one task, as a page that has saved them up. Gives the microseconds of each call. */
  async burst(count) {
    return Array.from({ length: count }, (_, number) => record(number));
  },
  /** 125 a second: as fast as a pointer moves, far more often than anybody clicks. */
  paced(count) {
    const micros = [];
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        if (micros.push(record(micros.length)) < count) return;
        clearInterval(timer);
        resolve(micros);
      }, 8);
    });
  },
  /** In milliseconds; the browser says nothing of tasks shorter than 50, which is 0 here. */
  longestTask: () => Math.max(0, ...longTasks),
};
await init(OPTIONS);
document.documentElement.dataset.ready = '';

function record(number) {
  const properties = propertiesOf(number);
  const started = performance.now();
  track('watch', properties);
  return (performance.now() - started) * 1000;
}

/** Different from event to event, as in life: what repeats would vanish when it is compressed. */
function propertiesOf(number) {
  const random = (number * 7919) % 9973;
  return {
    mark: `numbered${String(number).padStart(4, '0')}x`,
    itemId: String(random),
    category: CATEGORIES[random % CATEGORIES.length],
    label: `films like ${(random * 31).toString(36)}`,
    value: (random % 2000) / 100,
    step: random % 24,
  };
}
