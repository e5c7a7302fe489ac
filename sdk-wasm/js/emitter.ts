import type { Events } from './types.js';

type Listeners = { [K in keyof Events]?: Set<(event: Events[K]) => void> };

/** Listeners run later and apart, so that one that throws breaks nothing but itself. */
export interface Emitter {
  on<K extends keyof Events>(name: K, listener: (event: Events[K]) => void): () => void;
  emit<K extends keyof Events>(name: K, event: Events[K]): void;
  /** Whether it is worth making an event. */
  heard(name: keyof Events): boolean;
}

export function emitter(): Emitter {
  const all: Listeners = {};
  return {
    on(name, listener) {
      const listeners: Set<typeof listener> = (all[name] ??= new Set() as never);
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    emit(name, event) {
      all[name]?.forEach((listener) => queueMicrotask(() => call(listener, event)));
    },
    heard: (name) => !!all[name]?.size,
  };
}

/** The page's mistakes are shown to its developer and not counted among its errors. */
function call<E>(listener: (event: E) => void, event: E) {
  try {
    listener(event);
  } catch (error) {
    console.error(error);
  }
}
