/** A name that the page makes up, so that the server can be asked about the same visitor. It names nobody. */

const KEY = 'bowerbird-demo-visitor';

/** The visitor's name, the same one on every visit until `renewVisitor`. */
export function visitorId(): string {
  return read() ?? renewVisitor();
}

/** Forgets the old name and makes a new one. */
export function renewVisitor(): string {
  const id = `visitor-${crypto.randomUUID().slice(0, 8)}`;
  try {
    localStorage.setItem(KEY, id);
  } catch {
    // Storage is closed to this page (a private window, a policy): the name then lives as long as the page.
  }
  return id;
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
