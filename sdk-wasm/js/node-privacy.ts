/** The entry for pages that ask first, on servers that render them: nobody is asked and nothing is recorded. */
import { init } from './node.js';
import type { Guard, GuardOptions } from './privacy.js';

export function guard(options: GuardOptions): Guard {
  return {
    consent: () => options.consent ?? 'pending',
    setConsent: () => Promise.resolve(),
    tracker: () => (options.consent === 'granted' ? init(options) : undefined),
    hook: () => ({ dropped: 0, failed: 0 }),
  };
}
