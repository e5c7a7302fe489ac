/** What a character is worth by itself: those from # on, without the quotation mark before it. */
const FIRST = 35;
/** How many there are; a mark before a character adds them once or twice. */
const DIGITS = 90;

/** Starts a module that came as text and imports nothing. */
export async function instantiate(text: string): Promise<WebAssembly.Exports> {
  return (await WebAssembly.instantiate(bytes(text))).instance.exports;
}

/** `asText` in build.mjs writes it. */
function bytes(text: string): Uint8Array<ArrayBuffer> {
  const found = new Uint8Array(text.length);
  let length = 0;
  let more = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - FIRST;
    if (digit < 0) more = DIGITS * (-1 - digit);
    else {
      found[length++] = digit + more;
      more = 0;
    }
  }
  return found.subarray(0, length);
}
