// Which events a request carries. Each has a number among its properties, which trackers hand on unread; they only
// pack it: as JSON, in a form, in base64, in gzip, or in several of these.
import { gunzipSync, inflateSync } from 'node:zlib';

const MARK = /numbered(\d{4})x/g;

/** The property that numbers an event; page.mjs writes the same. */
export const mark = (number) => `numbered${String(number).padStart(4, '0')}x`;

/** The numbers in a request, in order, once for every copy. */
export function numbersIn({ url, headers }, body) {
  const text = unpack(body, headers['content-encoding']);
  for (const read of [text, fromForm(text), fromBase64(fromForm(text)), fromForm(url), fromBase64(fromForm(url))]) {
    const found = numbersOf(read);
    if (found.length > 0) return found;
  }
  return [];
}

/** The numbers in a text. */
export const numbersOf = (text) => [...text.matchAll(MARK)].map(([, digits]) => Number(digits));

function unpack(body, encoding) {
  try {
    if (encoding === 'deflate') return inflateSync(body).toString();
    return (isGzip(body) ? gunzipSync(body) : body).toString();
  } catch {
    return '';
  }
}

/** Not all who compress say so. */
const isGzip = (body) => body[0] === 0x1f && body[1] === 0x8b;

function fromForm(text) {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** Whatever in the text is long enough to be base64 of an event. */
function fromBase64(text) {
  const runs = text.match(/[\w+/-]{40,}/g) ?? [];
  return runs.map((run) => unpack(Buffer.from(run, 'base64url'))).join('\n');
}
