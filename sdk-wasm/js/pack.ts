/** A vector pack in the memory of the module, read in place where that is easier here (docs/pack-format.md). */
import { bytesAt, type RankerModule, wordsAt } from './ranker-module.js';
import type { Item } from './types.js';

type Cell = string | number | string[] | null;

/** Part of the section table: where a section lies in the memory. */
interface Section {
  tag: string;
  at: number;
  length: number;
}

export interface Pack {
  /** As they were given, until the next call of the module. */
  bytes(): Uint8Array;
  /** How many items there are. */
  size: number;
  /** By position in the pack. */
  ids(): readonly string[];
  /** The metadata columns. */
  columns(): readonly { name: string; isNumber: boolean }[];
  /** Most popular first. */
  items(): Item[];
}

const HEADER = 64;
const ENTRY = 32;

/** Opens a pack. Throws when the bytes are not usable; [`explained`](./faults.ts) says what to do about it. */
export function openPack(module: RankerModule, bytes: Uint8Array): Pack {
  const { call } = module;
  bytesAt(module, call.byte_room!(bytes.length), bytes.length).set(bytes);
  const room = call.word_room!(3);
  try {
    return pack(module, call.open!(), bytes.length);
  } catch {
    throw new Error('unusable pack', { cause: wordsAt(module, room, 3) });
  }
}

function pack(module: RankerModule, start: number, length: number): Pack {
  const word = (at: number) => new DataView(module.memory.buffer).getUint32(at, true);
  const decoder = new TextDecoder();
  const text = (at: number, length: number) => decoder.decode(bytesAt(module, at, length));
  const size = word(start + 16);
  const sections: Section[] = Array.from({ length: word(start + 24) }, (_, row) => {
    const entry = start + HEADER + row * ENTRY;
    return { tag: text(entry, 4), at: start + word(entry + 8), length: word(entry + 16) };
  });
  const section = (tag: string) => sections.find((one) => one.tag === tag)!;
  const named = sections.filter(({ tag }) => tag.startsWith('COL'));
  const isCategory = ({ tag }: Section) => tag === 'COLC';
  const nameAt = (column: Section) => column.at + (isCategory(column) ? 12 : 4);
  const name = (column: Section) => text(nameAt(column), word(column.at));
  let allIds: string[] | undefined;
  let allItems: Item[] | undefined;

  /** The rows that offsets cut, of a text of so many bytes. */
  function rows(ends: number, count: number, from: number, length: number): string[] {
    const view = new DataView(module.memory.buffer);
    const end = (row: number) => view.getUint32(ends + 4 * row, true);
    const whole = text(from, length);
    // Characters are bytes unless there is a longer one.
    const cut =
      whole.length === length
        ? (a: number, b: number) => whole.slice(a, b)
        : (a: number, b: number) => text(from + a, b - a);
    return Array.from({ length: count }, (_, row) => cut(end(row), end(row + 1)));
  }

  function cells(column: Section): Cell[] {
    const view = new DataView(module.memory.buffer);
    let at = nameAt(column) + word(column.at);
    const end = column.at + column.length;
    if (column.tag === 'COLN') {
      const numbers = Array.from({ length: size }, (_, row) => view.getFloat64(at + 8 * row, true));
      return numbers.map((number) => (Number.isNaN(number) ? null : number));
    }
    if (!isCategory(column)) {
      const from = at + 4 * (size + 1);
      return rows(at, size, from, end - from).map((cell) => cell || null);
    }
    const [count, length] = [word(column.at + 4), word(column.at + 8)];
    const words = rows(at, count, at + 4 * (count + 1), length);
    at += 4 * (count + 1) + length;
    const first = at + 4 * (size + 1);
    const entry =
      count > 65536
        ? (n: number) => view.getUint32(first + 4 * n, true)
        : (n: number) => view.getUint16(first + 2 * n, true);
    return Array.from({ length: size }, (_, row) => {
      const cell: string[] = [];
      for (let n = view.getUint32(at + 4 * row, true); n < view.getUint32(at + 4 * row + 4, true); n++)
        cell.push(words[entry(n)]!);
      return cell.length ? cell : null;
    });
  }

  // Looks for the sections once: every reason that names an item asks.
  const ids = () => (allIds ??= rows(section('IDOF').at, size, section('IDST').at, section('IDST').length));

  function readItems(): Item[] {
    const columns = named.map((column) => ({ name: name(column), cells: cells(column) }));
    const view = new DataView(module.memory.buffer, section('POPU').at);
    const popularity = (at: number) => view.getFloat32(4 * at, true);
    // Of a part of a catalogue what stands for the rest comes first, and is nothing.
    const order = Array.from(ids().keys()).filter((at) => ids()[at]! > '\x02');
    order.sort((a, b) => popularity(b) - popularity(a) || a - b);
    return order.map((at) => ({
      itemId: ids()[at]!,
      columns: Object.fromEntries(columns.map(({ name, cells }) => [name, cells[at]!])),
    }));
  }

  return {
    bytes: () => bytesAt(module, start, length),
    size,
    ids,
    columns: () => named.map((column) => ({ name: name(column), isNumber: column.tag === 'COLN' })),
    items: () => (allItems ??= readItems()),
  };
}
