/** The ranker with all dials, loaded in the place of the [plain one](./ranker.ts). */
import { hex } from '../pkg/ranker-dials.hex.js';
import { dials } from './dials.js';
import { rankers } from './packs.js';
import { modules } from './ranker-module.js';

export const createRanker = rankers(modules(hex), dials);
