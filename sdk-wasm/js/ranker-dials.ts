/** The ranker with all dials, loaded in the place of the [plain one](./ranker.ts). */
import { text } from '../pkg/ranker-dials.text.js';
import { dials } from './dials.js';
import { rankers } from './packs.js';
import { modules } from './ranker-module.js';

export const createRanker = rankers(modules(text), dials);
