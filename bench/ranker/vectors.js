// The vectors of a pack as plain numbers, so that every contender ranks the same items (docs/pack-format.md).

/** { n, dim, items: Float32Array [n × dim] } */
export async function vectorsOf(address) {
  const buffer = await (await fetch(address)).arrayBuffer();
  const view = new DataView(buffer);
  const [n, dim, sections] = [16, 20, 24].map((at) => view.getUint32(at, true));
  const place = {};
  for (let entry = 64; entry < 64 + 32 * sections; entry += 32) {
    const tag = String.fromCharCode(...new Uint8Array(buffer, entry, 4));
    place[tag] = view.getUint32(entry + 8, true);
  }
  const codes = new Int8Array(buffer, place.VEC8, n * dim);
  const items = new Float32Array(n * dim);
  const scale = new DataView(new ArrayBuffer(4));
  for (let row = 0; row < n; row++) {
    scale.setUint32(0, view.getUint16(place.VSCL + 2 * row, true) << 16);
    for (let at = row * dim; at < (row + 1) * dim; at++) items[at] = codes[at] * scale.getFloat32(0);
  }
  return { n, dim, items };
}

/** Sixteen users, seeded. */
export function users(dim) {
  let state = 7;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296 - 0.5;
  };
  return Array.from({ length: 16 }, () => Float32Array.from({ length: dim }, next));
}
