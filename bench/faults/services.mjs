// Who takes the events behind the gate: our real server, or for the others somebody who answers as theirs would.
import { Api } from '../../scripts/demo/api.mjs';
import { startServer } from '../../scripts/demo/server.mjs';
import { eventTracker } from '../ingest/event-tracker.mjs';
import { numbersOf } from './numbers.mjs';

/** Headers of an answer that belong to one connection, or to the answer's length. */
const OF_THE_CONNECTION = ['connection', 'keep-alive', 'transfer-encoding', 'content-length'];

/** Answers every request as the tracker's table says, and every preflight with yes. */
export function stranger({ answer }) {
  return async (request, body, events) => {
    if (request.method === 'OPTIONS') return allowAll(request);
    const headers = { 'content-type': 'application/json' };
    return { status: 200, headers, body: JSON.stringify(answer?.({ url: request.url, body, events }) ?? {}) };
  };
}

function allowAll({ headers }) {
  const allowed = {
    'access-control-allow-methods': 'GET, POST, PUT, OPTIONS',
    'access-control-allow-headers': headers['access-control-request-headers'] ?? '*',
    'access-control-max-age': '600',
  };
  return { status: 204, headers: allowed };
}

/** The real binary, with an event tracker for every run, so that runs do not see each other's events. */
export class OwnServer {
  #server;
  #api;
  #groups = 0;

  static async start(data, port) {
    const own = new OwnServer();
    own.#server = await startServer({ port, data, site: data });
    own.#api = new Api(own.#server.url);
    return own;
  }

  stop() {
    return this.#server.stop();
  }

  newTracker() {
    return eventTracker(this.#api, `faults-${this.#groups++}`);
  }

  /** Hands a request on as it came. */
  service = async (request, body) => {
    const { method, url, headers } = request;
    const { host, connection, 'content-length': length, ...rest } = headers;
    const response = await fetch(this.#server.url + url, { method, headers: rest, body: body.length ? body : null });
    const answered = Object.fromEntries(response.headers);
    for (const name of OF_THE_CONNECTION) delete answered[name];
    return { status: response.status, headers: answered, body: Buffer.from(await response.arrayBuffer()) };
  };

  /** How many numbered events the server keeps of a tracker beyond one of each: repeats that it did not recognise. */
  async duplicates(trackingId) {
    const numbers = numbersOf(JSON.stringify(await this.#events(trackingId)));
    return numbers.length - new Set(numbers).size;
  }

  async #events(trackingId) {
    const response = await fetch(`${this.#server.url}/datasets/events?trackingId=${trackingId}&limit=10000`);
    if (!response.ok) throw new Error(`/datasets/events: ${response.status} ${await response.text()}`);
    return (await response.json()).events;
  }
}
