/** The device by both builds of the ranker. */
import { text as plainText } from '../pkg/ranker.text.js';
import { text as dialsText } from '../pkg/ranker-dials.text.js';
import { openDevice } from '../js/device.js';
import { dials } from '../js/dials.js';
import { modules } from '../js/ranker-module.js';

export { rankers } from '../js/packs.js';
export const plainModules = modules(plainText);
const dialsModules = modules(dialsText);
export const openPlain = async (pack: Uint8Array) => openDevice(await plainModules.next(), pack);
export const openWithDials = async (pack: Uint8Array) => openDevice(await dialsModules.next(), pack, dials);
