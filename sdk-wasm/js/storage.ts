/**
 * What outlives the page: the log of events that are not acknowledged, and the history.
 *
 * IndexedDB with relaxed durability and an explicit commit survives the browser being killed a moment later, which
 * localStorage does not (it is flushed to disk up to five seconds late).
 */
import type { HistoryEntry, Identity } from './types.js';

/** An event in the log, with whom it is ascribed to. */
export interface Logged extends Identity {
  id: string;
  text: string;
}

/** All events of one task of the page: one record, one transaction. */
export interface Chunk {
  key: string;
  /** The page that wrote it, by the name of the lock it holds while it lives. */
  owner: string;
  events: Logged[];
}

/** What one task changes. */
export interface Changes {
  add?: Chunk;
  forget?: string[];
  observed?: HistoryEntry[];
  forgetHistory?: boolean;
}

/** Entries with their keys, oldest first. */
export interface Found<T> {
  values: T[];
  keys: IDBValidKey[];
}

export interface Storage {
  /** Everything that pages of this namespace wrote before. */
  read(from: 'log'): Promise<Found<Chunk>>;
  read(from: 'history'): Promise<Found<HistoryEntry>>;
  /** Writes in the order of the calls, without waiting. */
  write(changes: Changes): void;
  /** Forgets the history before a key. */
  trim(firstKept: IDBValidKey): void;
  close(): void;
}

/** Opens the database of a namespace. Rejects where the browser has none or refuses it. */
export async function openStorage(namespace: string, failed: (error: unknown) => void): Promise<Storage> {
  const opening = indexedDB.open('bowerbird:' + namespace, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore('log', { keyPath: 'key' });
    // Appended to, never rewritten: two tabs cannot overwrite what the other one saw.
    opening.result.createObjectStore('history', { autoIncrement: true });
  };
  const db = await done(opening);
  // Another tab that wants to delete or upgrade the database must not wait for this one.
  db.onversionchange = () => db.close();

  /** One transaction, which `failed` hears of when it does not come about. */
  function change(work: (log: IDBObjectStore, history: IDBObjectStore) => void) {
    try {
      const task = db.transaction(['log', 'history'], 'readwrite', { durability: 'relaxed' });
      task.onabort = () => failed(task.error);
      work(task.objectStore('log'), task.objectStore('history'));
      // Without it the transaction ends with the next turn of the event loop, which a closing page may not have.
      task.commit?.();
    } catch (error) {
      failed(error);
    }
  }

  return {
    async read(from: string) {
      const store = db.transaction(from).objectStore(from);
      const [values, keys] = await Promise.all([done(store.getAll()), done(store.getAllKeys())]);
      return { values, keys };
    },
    write: ({ add, forget, observed, forgetHistory }) =>
      change((log, history) => {
        if (add) log.put(add);
        forget?.forEach((key) => log.delete(key));
        if (forgetHistory) history.clear();
        observed?.forEach((entry) => history.add(entry));
      }),
    trim: (firstKept) => change((_, history) => history.delete(IDBKeyRange.upperBound(firstKept, true))),
    close: () => db.close(),
  };
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
