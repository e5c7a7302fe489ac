/**
 * Filters in the page: conditions become sets of items in the module (`test` and `combine` in `src/device.rs`), and are
 * put together here as docs/filters.md says. The server made the expression into data.
 */
import type { Pack } from './pack.js';
import { bytesAt, type RankerModule } from './ranker-module.js';
import type { CompiledFilter, FilterCheck, FilterValue, FilterValues } from './types.js';

type Datum = string | number | undefined;
/** A value with its parameter replaced. */
interface Literal {
  text: string;
  number: number | null;
}

// Sets of the module by number; 0 and 1 are no sets. Results come behind the working ones.
const [CHECK, ALL_OF, ANY_OF, INCLUDED, EXCLUDED, LITERAL] = [2, 3, 4, 5, 6, 7];
const FIRST_RESULT = 8;
const [AND, OR, NOT] = [0, 1, 2];
const [HAS_VALUE, HAS_WORD, EQUALS, IN_EVENT] = [0, 1, 2, 7];
const ORDERS = ['<', '<=', '>', '>='];
/** Of no pack. */
const NO_COLUMN = 0xffff;

/** Bits of the kinds of event that a text names. */
type KindsOf = (eventType: string) => number;

/** Gives the number of the set of items that pass, made anew only when something that it depends on has changed. */
export function filters(module: RankerModule, pack: Pack, kindsOf: KindsOf) {
  const { call } = module;
  const made = new WeakMap<CompiledFilter, Map<string, { set: number; at: number }>>();
  const encoder = new TextEncoder();
  const columns = pack.columns();
  const names = columns.map(({ name }) => name.toUpperCase());
  let next = FIRST_RESULT;

  const clear = (set: number) => call.test!(set, NO_COLUMN, HAS_VALUE, 0);

  function testWords(column: number, words: readonly string[]) {
    const bytes = encoder.encode(words.map((word) => word + '\0').join(''));
    bytesAt(module, call.byte_room!(bytes.length), bytes.length).set(bytes);
    call.test!(CHECK, column, HAS_WORD, 0);
  }

  function testNumbers(column: number, literals: readonly Literal[]) {
    clear(CHECK);
    for (const { number } of literals) {
      if (number === null) continue;
      call.test!(LITERAL, column, EQUALS, number);
      call.combine!(CHECK, LITERAL, OR);
    }
  }

  /** Makes the set CHECK. */
  function test({ column: name, test: how }: FilterCheck, literals: readonly Literal[]) {
    const found = names.indexOf(name);
    const column = found < 0 ? NO_COLUMN : found;
    const order = ORDERS.indexOf(how);
    if (order >= 0) {
      const { number } = literals[0]!;
      if (number === null) clear(CHECK);
      else call.test!(CHECK, column, EQUALS + 1 + order, number);
      return;
    }
    if (columns[column]?.isNumber) testNumbers(column, literals);
    else
      testWords(
        column,
        literals.map(({ text }) => text),
      );
    if (how === 'not in' || how === '!=') call.combine!(CHECK, CHECK, NOT);
    if (how === '!=') {
      // Nothing is not different from anything.
      call.test!(LITERAL, column, HAS_VALUE, 0);
      call.combine!(CHECK, LITERAL, AND);
    }
  }

  function testEvents({ test: how }: FilterCheck, literals: readonly Literal[]) {
    const kinds = literals.reduce((bits, { text }) => bits | kindsOf(text), 0);
    call.test!(CHECK, 0, IN_EVENT, kinds >>> 0);
    if (how === 'not in' || how === '!=') call.combine!(CHECK, CHECK, NOT);
  }

  function make(filter: CompiledFilter, values: FilterValues, user: Record<string, Datum>, result: number) {
    let restricted = false;
    clear(INCLUDED);
    clear(EXCLUDED);
    for (const { effect, dataset, anyOf, onlyIf } of filter.rules) {
      const bound = bind([...anyOf.flat(), ...onlyIf], values, effect);
      if (!bound || !onlyIf.every((check) => holds(user[check.column], check, bound.get(check)!))) continue;
      clear(ANY_OF);
      for (const checks of anyOf) {
        clear(ALL_OF);
        call.combine!(ALL_OF, ALL_OF, NOT);
        for (const check of checks) {
          if (/interactions/i.test(dataset)) testEvents(check, bound.get(check)!);
          else test(check, bound.get(check)!);
          call.combine!(ALL_OF, CHECK, AND);
        }
        call.combine!(ANY_OF, ALL_OF, OR);
      }
      restricted ||= effect === 'include';
      call.combine!(effect === 'include' ? INCLUDED : EXCLUDED, ANY_OF, OR);
    }
    if (!restricted) call.combine!(INCLUDED, INCLUDED, NOT);
    call.combine!(EXCLUDED, EXCLUDED, NOT);
    clear(result);
    call.combine!(result, INCLUDED, OR);
    call.combine!(result, EXCLUDED, AND);
  }

  /** `now`: how many events there were; with another number, sets that depend on events are made again. */
  function set(filter: CompiledFilter, values: FilterValues, given: Record<string, Datum>, now: number): number {
    const sets = made.get(filter) ?? new Map<string, { set: number; at: number }>();
    made.set(filter, sets);
    const key = JSON.stringify([values, given]);
    const known = sets.get(key) ?? { set: next++, at: -1 };
    sets.set(key, known);
    const follows = filter.rules.some(({ dataset }) => /interactions/i.test(dataset));
    if (known.at < 0 || (follows && known.at !== now)) {
      known.at = now;
      const user = Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toUpperCase(), value]));
      make(filter, values, user, known.set);
    }
    return known.set;
  }

  const events = next++;
  return {
    set,
    /** Of what has a word in a column, until the next set is made. */
    withWord(column: number, word: string): number {
      testWords(column, [word]);
      return CHECK;
    },
    /** Of what was in an event of one of these types. */
    inEvents(types: readonly string[]): number {
      const kinds = types.reduce((bits, type) => bits | kindsOf(type), 0);
      call.test!(events, 0, IN_EVENT, kinds >>> 0);
      return events;
    },
  };
}

/** Values in the place of parameters; nothing for an EXCLUDE without them, as the service does. */
function bind(checks: readonly FilterCheck[], values: FilterValues, effect: string) {
  const bound = new Map<FilterCheck, Literal[]>();
  for (const check of checks) {
    if (!check.values) throw new Error('this filter compares with an item of the request, which a ranking has not');
    const literals: Literal[] = [];
    for (const value of check.values) {
      const given = value.parameter === undefined ? [value] : parameter(values[value.parameter]);
      if (!given && effect === 'exclude') return;
      if (!given) throw new Error(`the filter needs a value for $${value.parameter}: add it to filterValues`);
      literals.push(...given.map(literal));
    }
    bound.set(check, literals);
  }
  return bound;
}

const parameter = (given: FilterValues[string] | undefined): FilterValue[] | undefined =>
  given === undefined ? given : [given].flat().map((value) => ({ text: String(value) }));

function literal({ text = '', number }: FilterValue): Literal {
  const trimmed = text.trim();
  const reads = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed);
  return { text, number: number !== undefined ? number : reads ? Number(trimmed) : null };
}

/** The same conditions for one value of the visitor's. */
function holds(datum: Datum, { test }: FilterCheck, literals: readonly Literal[]): boolean {
  const has = ({ text, number }: Literal) =>
    typeof datum === 'number' ? number === datum : datum === text || !!datum?.split('|').includes(text);
  const [first] = literals;
  const left = typeof datum === 'number' ? datum : literal(datum === undefined ? {} : { text: datum }).number;
  const right = first?.number ?? null;
  switch (test) {
    case 'in':
      return literals.some(has);
    case 'not in':
      return !literals.some(has);
    case '=':
      return has(first!);
    case '!=':
      return datum !== undefined && !has(first!);
    default:
      if (left === null || right === null) return false;
      return { '<': left < right, '<=': left <= right, '>': left > right, '>=': left >= right }[test];
  }
}
