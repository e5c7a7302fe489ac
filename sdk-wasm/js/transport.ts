/** "Take these events to the server, and tell me what it said." */
/** A slow phone uploads 16 KB in a few seconds; what takes longer is more likely dead than slow. */
const TIMEOUT_MS = 30_000;
/** Below this gzip saves less than the time it takes. */
const COMPRESS_FROM = 1024;

/** How a request ended. */
export interface Reply {
  /** HTTP status; 0 when no answer of the server could be read. */
  status: number;
  /** 0 when the server named no time. */
  retryAfterMs: number;
  message: string | null;
  duplicate: number;
  invalid: { eventId: string; reason: string }[];
}

/** Anything else than this type would cost a preflight request. */
export function request(body: string | ArrayBuffer): RequestInit {
  return { method: 'POST', body, headers: { 'Content-Type': 'text/plain;charset=UTF-8' }, credentials: 'omit' };
}

/** Sends, and reads the whole answer: only then is an event known to have arrived. `keepalive`: even if the page ends. */
export async function post(url: string, body: string | ArrayBuffer, keepalive: boolean): Promise<Reply> {
  const reply: Reply = { status: 0, retryAfterMs: 0, message: null, duplicate: 0, invalid: [] };
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(url, { ...request(body), keepalive, signal });
    const text = await response.text();
    reply.retryAfterMs = retryAfter(response.headers.get('Retry-After'));
    Object.assign(reply, answer(text, response));
    if (!response.ok) reply.message ??= 'the server answered ' + response.status;
    reply.status = response.status;
  } catch (error) {
    reply.message = String(error);
  }
  return reply;
}

/** A 200 that is not JSON comes from a hotel's login page and not from the server: it must not count as delivered. */
function answer(text: string, { ok }: Response): Partial<Reply> {
  try {
    const { message = null, duplicate = 0, invalid = [] } = JSON.parse(text || '{}') as Partial<Reply>;
    return { message, duplicate, invalid };
  } catch (error) {
    if (ok) throw error;
    return {};
  }
}

export async function compress(text: string): Promise<string | ArrayBuffer> {
  if (text.length < COMPRESS_FROM || typeof CompressionStream === 'undefined') return text;
  return new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer();
}

/** Seconds or a date. */
function retryAfter(header: string | null): number {
  if (!header) return 0;
  const seconds = Number(header);
  return Math.max(0, Number.isNaN(seconds) ? Date.parse(header) - Date.now() || 0 : seconds * 1000);
}
