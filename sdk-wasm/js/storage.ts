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

export interface Storage {
  /** The log of all pages of this namespace. */
  chunks(): Promise<Chunk[]>;
  /** Oldest first. */
  history(): Promise<HistoryEntry[]>;
  /** Writes in the order of the calls, without waiting. */
  write(changes: Changes): void;
  close(): void;
}

/** As many as the device can use. */
export const HISTORY_LENGTH = 50;

/** Opens the database of a namespace. Rejects where the browser has none or refuses it. */
export async function openStorage(namespace: string, failed: (error: unknown) => void): Promise<Storage> {
  const db = await open('bowerbird:' + namespace);
  return {
    chunks: () => done<Chunk[]>(db.transaction('log').objectStore('log').getAll()),
    async history() {
      const store = db.transaction('history').objectStore('history');
      const [entries, keys] = await Promise.all([
        done<HistoryEntry[]>(store.getAll()),
        done<IDBValidKey[]>(store.getAllKeys()),
      ]);
      const firstKept = keys[keys.length - HISTORY_LENGTH];
      if (firstKept !== undefined) trim(db, firstKept);
      return entries.slice(-HISTORY_LENGTH);
    },
    write({ add, forget = [], observed = [], forgetHistory }) {
      try {
        const task = db.transaction(['log', 'history'], 'readwrite', { durability: 'relaxed' });
        task.onabort = () => failed(task.error);
        const log = task.objectStore('log');
        const history = task.objectStore('history');
        if (add) log.put(add);
        forget.forEach((key) => log.delete(key));
        if (forgetHistory) history.clear();
        observed.forEach((entry) => history.add(entry));
        // Without it the transaction ends with the next turn of the event loop, which a closing page may not have.
        task.commit?.();
      } catch (error) {
        failed(error);
      }
    },
    close: () => db.close(),
  };
}

function open(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore('log', { keyPath: 'key' });
    // Appended to, never rewritten: two tabs cannot overwrite what the other one saw.
    request.result.createObjectStore('history', { autoIncrement: true });
  };
  return done(request).then((db) => {
    // Another tab that wants to delete or upgrade the database must not wait for this one.
    db.onversionchange = () => db.close();
    return db;
  });
}

function trim(db: IDBDatabase, firstKept: IDBValidKey) {
  const range = IDBKeyRange.upperBound(firstKept, true);
  db.transaction('history', 'readwrite').objectStore('history').delete(range);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
