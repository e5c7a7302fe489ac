/** The ranker for pages that turn no dial. Loaded only by pages that rank. */
import { text } from '../pkg/ranker.text.js';
import { rankers } from './packs.js';
import { modules } from './ranker-module.js';

export const createRanker = rankers(modules(text));
