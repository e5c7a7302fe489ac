/** The device by both builds of the ranker. */
import { text as plainText } from '../pkg/ranker.text.js';
import { text as dialsText } from '../pkg/ranker-dials.text.js';
import { type MakeDials, openDevice } from '../js/device.js';
import { dials } from '../js/dials.js';
import { explained } from '../js/faults.js';
import { type Modules, modules } from '../js/ranker-module.js';

export { rankers } from '../js/packs.js';
export const plainModules = modules(plainText);
const dialsModules = modules(dialsText);
export const openPlain = (pack: Uint8Array) => open(plainModules, pack);
export const openWithDials = (pack: Uint8Array) => open(dialsModules, pack, dials);

async function open(modules: Modules, pack: Uint8Array, makeDials?: MakeDials) {
  const module = await modules.next();
  try {
    return openDevice(module, pack, makeDials);
  } catch (error) {
    throw explained(error);
  }
}
