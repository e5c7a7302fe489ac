/** Numbers that look random and are the same for the same film, so that its poster never changes. */

export type Random = () => number;

/** A generator seeded by text; values in [0, 1). Mulberry32 over an FNV-1a hash: small, and nobody's money hangs on it. */
export function seeded(text: string): Random {
  let state = 0x811c9dc5;
  for (const char of text) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
