/** The device by both builds of the ranker. */
import { hex as plainHex } from '../pkg/ranker.hex.js';
import { hex as dialsHex } from '../pkg/ranker-dials.hex.js';
import { openDevice } from '../js/device.js';
import { dials } from '../js/dials.js';
import { modules } from '../js/ranker-module.js';

export { rankers } from '../js/packs.js';
export const plainModules = modules(plainHex);
const dialsModules = modules(dialsHex);
export const openPlain = async (pack: Uint8Array) => openDevice(await plainModules.next(), pack);
export const openWithDials = async (pack: Uint8Array) => openDevice(await dialsModules.next(), pack, dials);
