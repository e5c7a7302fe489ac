/** The ranker for pages that turn no dial. Loaded only by pages that rank. */
import { hex } from '../pkg/ranker.hex.js';
import { rankers } from './packs.js';
import { modules } from './ranker-module.js';

export const createRanker = rankers(modules(hex));
