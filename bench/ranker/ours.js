import { openDevice as open } from '../../sdk-wasm/js/device.ts';
import { prepare } from '../../sdk-wasm/js/ranker-module.ts';

export { openRanker } from '../../sdk-wasm/dist/rank/index.js';
export const openDevice = Object.assign((bytes) => open(bytes), { prepare });
