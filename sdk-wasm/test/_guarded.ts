export { flush, track } from '../js/index.js';
export { guard } from '../js/privacy.js';
