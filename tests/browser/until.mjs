// "Come back when it is true." Tests wait for conditions, never for time.
import { setTimeout as pause } from 'node:timers/promises';

/** Asks until the answer is neither false, null nor undefined, and gives it back; fails with `what` and the last error. */
export async function until(what, ask, { within = 20_000 } = {}) {
  const deadline = Date.now() + within;
  for (;;) {
    let failure = null;
    const answer = await Promise.resolve(ask()).catch((error) => ((failure = error), null));
    if (answer !== false && answer !== null && answer !== undefined) return answer;
    if (Date.now() > deadline)
      throw new Error(`waited ${within} ms until ${what}${failure ? `: ${failure.message}` : ''}`);
    await pause(25);
  }
}
