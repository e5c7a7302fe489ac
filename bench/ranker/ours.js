import { openDevice as open } from '../../sdk-wasm/js/device.ts';
import { modules } from '../../sdk-wasm/js/ranker-module.ts';
import { text } from '../../sdk-wasm/pkg/ranker.text.js';

export { openRanker } from '../../sdk-wasm/dist/rank/index.js';
const plain = modules(text);
export const openDevice = Object.assign(async (bytes) => open(await plain.next(), bytes), plain);

/** Megabytes of an instance of the module after a pack was opened and a list of these ids ranked. */
export async function memoryOf(bytes, ids) {
  const module = await plain.next();
  const device = open(module, bytes);
  device.observe({ itemId: ids[0], eventType: 'click' }, 1);
  device.rank({ ids }, { k: 20 });
  return module.memory.buffer.byteLength / 1e6;
}
