/** The entry for browsers without modules, for pages and bundlers that have their own way to load them. */
export * from './index.js';
export { setWasm, type Modules, type Wasm } from './instantiate-given.js';
