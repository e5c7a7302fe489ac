// What stands between the page and the service that takes its events, fails on command, and counts what got through.
import http from 'node:http';
import https from 'node:https';

import { numbersIn } from './numbers.mjs';

/** Larger than one event of ours, and smaller than a batch of them when it is compressed. */
const SMALL_BYTES = 1024;

/** What can go wrong with a request that carries events: an answer in place of the service's, or its loss. */
const FAULTS = {
  none: {},
  unavailable: { answer: () => 503 },
  'too large': { answer: (body) => (body.length > SMALL_BYTES ? 413 : null) },
  'answer lost': { losesAnswer: true },
};

export class Gate {
  #service;
  #tls;
  #server = null;
  #sockets = new Set();
  #port = 0;
  #fault = FAULTS.none;
  /** How often the service has taken each event. */
  #copies = new Map();

  /** `service(request, body, numbers of the events)` resolves to { status, headers, body }. `tls`: { key, cert } or null. */
  constructor(service, tls) {
    this.#service = service;
    this.#tls = tls;
  }

  get url() {
    return `${this.#tls ? 'https' : 'http'}://127.0.0.1:${this.#port}`;
  }

  get port() {
    return this.#port;
  }

  /** One of the names of FAULTS. */
  set fault(name) {
    this.#fault = FAULTS[name];
  }

  /** Different events that the service has taken, and further copies of them. */
  counts() {
    const copies = [...this.#copies.values()].reduce((sum, count) => sum + count, 0);
    return { events: this.#copies.size, repeats: copies - this.#copies.size };
  }

  /** Listens; when it has listened before, on the same port. */
  async open() {
    if (this.#server) return;
    const handle = (request, response) => this.#handle(request, response).catch(() => request.socket.destroy());
    const server = this.#tls ? https.createServer(this.#tls, handle) : http.createServer(handle);
    for (const event of ['connection', 'secureConnection']) server.on(event, (socket) => this.#watch(socket));
    await new Promise((resolve, reject) => server.on('error', reject).listen(this.#port, '127.0.0.1', resolve));
    this.#port = server.address().port;
    this.#server = server;
  }

  /** Connections are refused from now on, and those there are break. */
  async close() {
    const server = this.#server;
    this.#server = null;
    for (const socket of this.#sockets) socket.destroy();
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  #watch(socket) {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {});
  }

  async #handle(request, response) {
    const body = await read(request);
    const numbers = numbersIn(request, body);
    const fault = numbers.length > 0 ? this.#fault : FAULTS.none;
    const status = fault.answer?.(body);
    const answer = status ? { status, body: '{}' } : await this.#service(request, body, numbers);
    if (answer.status < 300) this.#count(numbers);
    if (fault.losesAnswer) return void request.socket.destroy();
    response.writeHead(answer.status, { ...readable(request), ...answer.headers });
    response.end(answer.body);
  }

  #count(numbers) {
    for (const number of numbers) this.#copies.set(number, (this.#copies.get(number) ?? 0) + 1);
  }
}

async function read(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Pages of any origin may read every answer: what is measured here are faults, not policies. */
function readable({ headers }) {
  return { 'access-control-allow-origin': headers.origin ?? '*', 'access-control-allow-credentials': 'true' };
}
