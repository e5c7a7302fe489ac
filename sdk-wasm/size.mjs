/** Prints what a page loads, as JSON. Needs a build. */
import { measure } from './sizes.mjs';

console.log(JSON.stringify(measure(), null, 2));
