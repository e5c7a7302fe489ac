import { compiled } from '../pkg/tracker.compiled.js';

/** The same module compiled to JavaScript: twice the size, and no security policy is against it. */
export { compiled };
