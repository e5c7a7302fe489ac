import type { RankerModule } from './ranker-module.js';

/** Opens a pack and answers the address of a device. Throws, with what to do about it, when the bytes are not usable. */
export function openPack({ call, bytes: bytesAt, u32s }: RankerModule, bytes: Uint8Array): number {
  const download = call.download_new!(bytes.length);
  bytesAt(call.download_at!(download), bytes.length).set(bytes);
  if (call.download_open!(download)) return call.device_new!(download);
  const fault = [...u32s(call.download_at!(download), 3)] as [number, number, number];
  call.__wbg_download_free!(download, 0);
  throw new Error(text(...fault));
}

/** The numbers are told beside `Download::open`. */
function text(kind: number, a: number, b: number): string {
  const part = String.fromCharCode(a & 255, (a >> 8) & 255, (a >> 16) & 255, a >>> 24);
  return [
    'this is not a vector pack: check the address it was downloaded from',
    `the pack has format version ${a}, this reader knows ${b}: update the bowerbird package`,
    `the pack should have ${a} bytes and has ${b}: download it again`,
    `the pack is damaged (${part}): download it again`,
    `the pack was written wrongly (${part}): train again, and report it if that does not help`,
  ][kind - 1]!;
}
