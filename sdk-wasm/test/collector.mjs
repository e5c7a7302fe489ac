/** A server that answers as told and remembers what it was sent. Takes the place of `fetch`. */
import { Blob } from 'node:buffer';

export class Collector {
  requests = [];
  #answers = [];

  constructor() {
    globalThis.fetch = (url, options) => this.#answer(url, options);
  }

  /** The next requests get these answers; after them everything is accepted. */
  then(...answers) {
    this.#answers.push(...answers);
    return this;
  }

  /** Ids of all events in the order in which they were accepted. */
  accepted() {
    return this.requests.filter(({ ok }) => ok).flatMap(({ body }) => body.eventList.map(({ eventId }) => eventId));
  }

  async #answer(url, { body: sent, headers }) {
    const text = typeof sent === 'string' ? sent : await unzip(sent);
    const body = JSON.parse(text);
    const count = body.eventList.length;
    const answer = this.#answers.shift() ?? { body: { accepted: count, duplicate: 0, invalid: [] } };
    if (answer === 'down') throw new TypeError('fetch failed');
    const { status = 200, retryAfter, body: back = {} } = answer;
    this.requests.push({ url, body, headers, zipped: typeof sent !== 'string', ok: status < 300 });
    const given = typeof back === 'function' ? back(body) : back;
    return new Response(typeof given === 'string' ? given : JSON.stringify(given), {
      status,
      headers: retryAfter ? { 'Retry-After': retryAfter } : {},
    });
  }
}

function unzip(bytes) {
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
}
