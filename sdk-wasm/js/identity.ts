/** Whom an event is ascribed to: a session of the browser, and a user once somebody signed in. */
import { newId, newSeries } from './event.js';
import type { Identity } from './types.js';

/** The usual end of a visit in web analytics, and Amplify's default. */
const IDLE_MS = 30 * 60_000;
/** Other tabs see activity that late; writing it with every event would cost more than the event. */
const WRITE_EVERY_MS = 60_000;

interface Kept extends Identity {
  lastAt: number;
}

export interface Visitor {
  /** The session that `now` falls into; a visitor who was idle for 30 minutes starts another one. */
  current(): Identity;
  /** Returns whether somebody else sits at the browser now. */
  identify(userId: string | null): boolean;
}

/** Kept in localStorage, since it must be known before anything asynchronous has answered. */
export function visitor(namespace: string): Visitor {
  const key = 'bowerbird:' + namespace;
  let kept = read(key);
  const write = () => {
    try {
      localStorage.setItem(key, JSON.stringify(kept));
    } catch {
      // Private mode, a full quota, Node: the session lasts as long as the page.
    }
  };
  const renew = (now: number, userId: string | null) => {
    newSeries();
    kept = { sessionId: newId(), userId, lastAt: now };
    write();
    return kept;
  };
  return {
    current() {
      const now = Date.now();
      const stale = !kept || now - kept.lastAt > WRITE_EVERY_MS;
      if (stale) kept = read(key) ?? kept;
      if (!kept || now - kept.lastAt > IDLE_MS) return renew(now, kept?.userId ?? null);
      kept.lastAt = now;
      if (stale) write();
      return kept;
    },
    identify(userId) {
      const before = this.current();
      if (before.userId === userId) return false;
      if (before.userId !== null) {
        renew(Date.now(), userId);
        return true;
      }
      // The server joins what an unknown visitor did to the user who then signs in: same session.
      kept = { ...kept!, userId };
      write();
      return false;
    },
  };
}

function read(key: string): Kept | null {
  try {
    const found = JSON.parse(localStorage.getItem(key)!) as Kept | null;
    return found && found.sessionId ? found : null;
  } catch {
    return null;
  }
}
