/** The entry for browsers whose modules are files of their own, for pages that would rather stream and cache them. */
export * from './index.js';
