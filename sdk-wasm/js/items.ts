/** The items of a pack with their metadata, for pages that show what they rank. */
import type { RankerModule } from './ranker-module.js';
import type { Item } from './types.js';

const SEPARATOR = '\0';
const INNER_SEPARATOR = '\x01';

type Cell = string | number | string[] | null;

/** By position in the pack. */
export function readIds(module: RankerModule, device: number): string[] {
  return list(read(module, device, module.call.device_ids!(device)));
}

/** Most popular first. */
export function readItems(module: RankerModule, device: number, ids: readonly string[]): Item[] {
  const { call } = module;
  const names = list(read(module, device, call.device_columns!(device)));
  const columns = names.map((name, column) => ({ name, cells: readColumn(module, device, column, ids.length) }));
  call.device_popularity!(device);
  const popularity = numbers(module, device, ids.length);
  const order = Array.from(ids.keys()).sort((a, b) => popularity[b]! - popularity[a]! || a - b);
  return order.map((at) => ({
    itemId: ids[at]!,
    columns: Object.fromEntries(columns.map(({ name, cells }) => [name, cells[at] ?? null])),
  }));
}

function readColumn(module: RankerModule, device: number, column: number, items: number): Cell[] {
  const { call } = module;
  const kind = call.device_kind!(device, column);
  if (kind === 2) {
    call.device_numbers_of!(device, column);
    return Array.from(numbers(module, device, items), (cell) => (Number.isNaN(cell) ? null : cell));
  }
  const texts = read(module, device, call.device_texts_of!(device, column)).split(SEPARATOR);
  return texts.map((cell) => (cell ? (kind === 1 ? cell.split(INNER_SEPARATOR) : cell) : null));
}

/** The text that was asked for last. */
function read({ call, bytes }: RankerModule, device: number, length: number): string {
  return new TextDecoder().decode(bytes(call.device_text!(device), length));
}

/** A copy of the numbers that were asked for last. */
function numbers({ call, f64s }: RankerModule, device: number, length: number): Float64Array {
  return f64s(call.device_numbers!(device), length).slice();
}

const list = (text: string) => (text ? text.split(SEPARATOR) : []);
