/**
 * What stands in the page itself: takes calls from the first instruction on, and makes them, in order, when the module
 * has arrived. Compiled into one line of a classic script.
 */
import type { Snippet } from './snippet.js';

const FUNCTIONS = ['init', 'track', 'identify', 'on', 'flush'] as const;
/** A page that never gets its module must not grow without end. */
const MAX_WAITING = 1000;
const LONGEST_WAIT_MS = 60_000;

type Module = typeof import('./index.js');

const script = document.currentScript as HTMLScriptElement;
const address = script.dataset.module ?? new URL('index.js', script.src).href;
const waiting: [name: string, call: unknown[]][] = [];
const early: Record<string, unknown> = {};

function make([name, call]: [string, unknown[]], module: Module) {
  try {
    (module as unknown as Record<string, (...call: unknown[]) => void>)[name]!(...call);
  } catch (error) {
    console.error(error);
  }
}

async function load(failures = 0): Promise<Module> {
  try {
    // Browsers remember that an address has failed, so it is asked for by another one.
    const module: Module = await import(address + (failures ? '?' + failures : ''));
    waiting.forEach((call) => make(call, module));
    return Object.assign(early, module) as unknown as Module;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, Math.min(LONGEST_WAIT_MS, 1000 * 2 ** failures)));
    return load(failures + 1);
  }
}

for (const name of FUNCTIONS) {
  early[name] = (...call: unknown[]) => void (waiting.length < MAX_WAITING && waiting.push([name, call]));
}
early.loaded = load();
(window as unknown as { bowerbird: Snippet }).bowerbird = early as unknown as Snippet;
