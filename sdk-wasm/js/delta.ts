/**
 * From the pack that the page has to the one that it should have (docs/pack-format.md). Loaded when there is a delta.
 */
const HEADER = 24;
const NEW = 0;
const SHIFT = 2;
const MOVE = 3;

/** The new pack, whole and checked. Throws where only the whole pack helps. */
export function applyDelta(old: Uint8Array, delta: Uint8Array): Uint8Array<ArrayBuffer> {
  const damaged = () => new Error('the delta is damaged');
  const view = new DataView(delta.buffer, delta.byteOffset, delta.length);
  const word = (at: number) => view.getUint32(at, true);
  const length = delta.length < HEADER ? 0 : word(16);
  // The magic's first half, the rest of it, the version.
  const known = length && word(0) === 0x4c444289 && word(4) === 0x0a1a0a0d && view.getUint16(8, true) === 1;
  if (!known || word(12) !== old.length || length > 4 * (old.length + delta.length)) throw damaged();
  const [oldWidth, newWidth] = [delta[10]!, delta[11]!];
  // Others would let a short delta go over the old pack again and again.
  if (![oldWidth, newWidth].every((width) => width === 2 || width === 4)) throw damaged();
  const made = new Uint8Array(length);
  const starts: number[] = [];
  const moves: number[] = [];
  let at = HEADER;
  let end = 0;
  let read = 0;

  function number(): number {
    for (let [value, factor] = [0, 1]; ; factor *= 128) {
      const byte = delta[at++];
      if (byte === undefined || factor > 2 ** 42) throw damaged();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  function signed(): number {
    const value = number();
    return value % 2 ? -(value + 1) / 2 : value / 2;
  }

  const get = (at: number, width: number) => {
    let value = 0;
    for (let byte = width; byte--;) value = value * 256 + old[at + byte]!;
    return value;
  };
  const put = (value: number, width: number) => {
    for (let byte = 0; byte < width; byte++) made[end++] = value >>> (8 * byte);
  };
  /** By how much a position moves: that of the last start at or before it. */
  const moved = (position: number) => {
    let [low, high] = [0, starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= position) low = middle + 1;
      else high = middle;
    }
    return low ? moves[low - 1]! : 0;
  };

  for (let left = number(), start = 0; left--; moves.push(signed())) starts.push((start += number()));
  while (at < delta.length) {
    const head = number();
    const kind = head % 4;
    const count = (head - kind) / 4;
    const [taken, given] = kind === MOVE ? [oldWidth, newWidth] : kind === SHIFT ? [4, 4] : [1, 1];
    if (count * given > length - end) throw damaged();
    if (kind === NEW) {
      if (count > delta.length - at) throw damaged();
      made.set(delta.subarray(at, at + count), end);
      at += count;
      end += count;
      continue;
    }
    let from = read + signed();
    read = from + count * taken;
    if (from < 0 || read > old.length) throw damaged();
    if (taken + given === 2) {
      made.set(old.subarray(from, read), end);
      end += count;
      continue;
    }
    const added = kind === SHIFT ? signed() : 0;
    for (; from < read; from += taken) {
      const value = get(from, taken);
      put(value + (kind === SHIFT ? added : moved(value)), given);
    }
  }

  // FNV-1a.
  let check = 0x811c9dc5;
  for (const byte of made) check = Math.imul(check ^ byte, 0x01000193);
  if (end !== length || check >>> 0 !== word(20)) throw damaged();
  return made;
}
