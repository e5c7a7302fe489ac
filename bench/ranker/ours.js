import { openDevice as open } from '../../sdk-wasm/js/device.ts';
import { modules } from '../../sdk-wasm/js/ranker-module.ts';
import { text } from '../../sdk-wasm/pkg/ranker.text.js';

export { openRanker } from '../../sdk-wasm/dist/rank/index.js';
const plain = modules(text);
export const openDevice = Object.assign(async (bytes) => open(await plain.next(), bytes), plain);
