// Runs in the page: what a shop does with a tracker, and handles for whoever plays the visitor.
import { init, track } from '/tracker/index.js';

/** What a shop says of an event, besides its number. */
const PROPERTIES = { category: 'checkout', label: 'add-to-cart', value: 42.5, currency: 'EUR', step: 3 };

const mark = (number) => `numbered${String(number).padStart(4, '0')}x`;

globalThis.shop = {
  /** Records events number `from` to `from + count` in one task. */
  record(from, count) {
    for (let number = from; number < from + count; number++) track('bench', { mark: mark(number), ...PROPERTIES });
  },
  /** The same, one by one; resolves with the last. */
  recordEvery(ms, from, count) {
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        this.record(from++, 1);
        if (--count > 0) return;
        clearInterval(timer);
        resolve();
      }, ms);
    });
  },
  /** An event that is not counted: the page goes on being used. */
  browse: () => track('bench', { ...PROPERTIES, mark: 'unnumbered' }),
  /** From now on the page can be loaded without a network. */
  async install() {
    await navigator.serviceWorker.register('/worker.js');
    await navigator.serviceWorker.ready;
  },
};
await init(OPTIONS);
document.documentElement.dataset.ready = '';
