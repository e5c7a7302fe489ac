/**
 * What is wrong with a vector pack, with the answer instead of one, or with the options of a ranking, and what to do about
 * it. Loaded when there is need.
 */

export const noDials = new Error('rank options beyond k, exclude and seen need `dials: true` at the start');

/** The error that says it, for one that `openPack` has thrown; any other as it is. */
export function explained(error: unknown): unknown {
  const { cause } = error as { cause?: unknown };
  return cause instanceof Uint32Array ? new Error(fault(...(cause as unknown as number[]))) : error;
}

/** Why the server gave no pack. */
export async function refusal(response: Response): Promise<Error> {
  const { message } = (await response.json().catch(() => ({}))) as { message?: string };
  return new Error('no vector pack: ' + (message ?? 'the server answered ' + response.status));
}

/** The numbers are told beside `open` in `src/device.rs`. */
function fault(kind = 0, a = 0, b = 0): string {
  const part = String.fromCharCode(a & 255, (a >> 8) & 255, (a >> 16) & 255, a >>> 24);
  return [
    'the pack cannot be opened: report it',
    'this is not a vector pack: check the address it was downloaded from',
    `the pack has format version ${a}, this reader knows ${b}: update the bowerbird package`,
    `the pack should have ${a} bytes and has ${b}: download it again`,
    `the pack is damaged (${part}): download it again`,
    `the pack was written wrongly (${part}): train again, and report it if that does not help`,
  ][kind]!;
}
