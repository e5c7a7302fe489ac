/**
 * What outlives the page: the log of events that are not acknowledged, and the history.
 *
 * IndexedDB with relaxed durability and an explicit commit survives the browser being killed a moment later, which
 * localStorage does not (it is flushed to disk up to five seconds late).
 */
import type { HistoryEntry, Identity } from './types.js';

/** The events of one task of the page, with whom they are ascribed to: one record, and cheap to write as texts. */
export interface Chunk extends Identity {
  key: string;
  /** The page that wrote it, by the name of the lock it holds while it lives. */
  owner: string;
  events: string[];
  /** The page that they happened in, as JSON: that of the page that adopts them is another one. */
  page?: string | undefined;
}

/** What one task changes: one transaction. */
export interface Changes {
  /** More than one where somebody else signed in within the task. */
  add?: Chunk[];
  forget?: string[];
  observed?: HistoryEntry[];
  /** Forgets the history before this key. */
  forgetBefore?: IDBValidKey;
}

export interface Storage {
  /** Everything that pages of this namespace wrote before, oldest first. */
  read(from: 'log', what: 'getAll'): Promise<Chunk[]>;
  read(from: 'history', what: 'getAll'): Promise<HistoryEntry[]>;
  read(from: 'history', what: 'getAllKeys'): Promise<IDBValidKey[]>;
  /** Writes in the order of the calls, without waiting. */
  write(changes: Changes): void;
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

  return {
    read: (from: 'log' | 'history', what: 'getAll' | 'getAllKeys') =>
      done<never[]>(db.transaction(from).objectStore(from)[what]() as IDBRequest),
    /** In one transaction, which `failed` hears of when it does not come about. */
    write({ add, forget, observed, forgetBefore }) {
      try {
        const task = db.transaction(['log', 'history'], 'readwrite', { durability: 'relaxed' });
        const log = task.objectStore('log');
        const history = task.objectStore('history');
        task.onabort = () => failed(task.error);
        add?.forEach((chunk) => log.put(chunk));
        forget?.forEach((key) => log.delete(key));
        if (forgetBefore) history.delete(IDBKeyRange.upperBound(forgetBefore, true));
        observed?.forEach((entry) => history.add(entry));
        // Without it the transaction ends with the next turn of the event loop, which a closing page may not have.
        task.commit?.();
      } catch (error) {
        failed(error);
      }
    },
    close: () => db.close(),
  };
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
