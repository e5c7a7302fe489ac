// What recycled segments would give: groups of batches that make a file grow, beside the same groups written over a file
// that has its length and its blocks already, each followed by an fdatasync. Both take turns, group by group.
// Usage: npm run bench -- disk [FOLDER]. The disk is that of the folder for temporary files, or of FOLDER.
import { closeSync, fdatasyncSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SEGMENT = 64 << 20;
const KIB = [4, 32, 128, 512];
const GROUPS = 300;

export async function run([parent = tmpdir()] = []) {
  const folder = mkdtempSync(join(parent, 'bowerbird-disk-'));
  try {
    const recycled = join(folder, 'recycled');
    fill(recycled);
    return {
      title: `${GROUPS} groups of each size, one written and synced after the other`,
      columns: ['group KiB', 'growing: median ms', 'p99 ms', 'recycled: median ms', 'p99 ms ', 'recycled/growing'],
      rows: KIB.map((kib) => compare(join(folder, `growing-${kib}`), recycled, kib << 10)),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function fill(path) {
  const file = openSync(path, 'w');
  const zeros = Buffer.alloc(1 << 20, 1);
  for (let at = 0; at < SEGMENT; at += zeros.length) writeSync(file, zeros);
  fsyncSync(file);
  closeSync(file);
}

function compare(growing, recycled, bytes) {
  const [grows, overwrites] = [openSync(growing, 'a'), openSync(recycled, 'r+')];
  const [grown, overwritten] = [[], []];
  for (let group = 0; group < GROUPS; group += 1) {
    const frame = Buffer.alloc(bytes, group);
    grown.push(timed(() => writeSync(grows, frame), grows));
    const at = (group * bytes) % (SEGMENT - bytes);
    overwritten.push(timed(() => writeSync(overwrites, frame, 0, bytes, at), overwrites));
  }
  [grows, overwrites].forEach((file) => closeSync(file));
  const [a, b] = [grown, overwritten].map((times) => times.toSorted((x, y) => x - y));
  const share = (times, part) => times[Math.floor(times.length * part)];
  const ratio = share(b, 0.5) / share(a, 0.5);
  const numbers = [share(a, 0.5), share(a, 0.99), share(b, 0.5), share(b, 0.99)].map((ms) => ms.toFixed(2));
  return [bytes >> 10, ...numbers, ratio.toFixed(2)];
}

function timed(write, file) {
  const before = performance.now();
  write();
  fdatasyncSync(file);
  return performance.now() - before;
}
