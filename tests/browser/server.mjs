// The real binary, and the few questions that tests ask it over HTTP.
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

import { Api } from '../../scripts/demo/api.mjs';
import { startServer } from '../../scripts/demo/server.mjs';

export const root = fileURLToPath(new URL('../../', import.meta.url));

const SITE = `${root}www/demo/dist`;

export class Server {
  #running = null;

  constructor(data, port) {
    this.data = data;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.api = new Api(this.url);
  }

  /** Starts a server on a free port; it is ready when this resolves. */
  static async start(data) {
    const server = new Server(data, await freePort());
    await server.start();
    return server;
  }

  /** Starts it, or starts it again: on the same port, with the same data. Nothing happens while it runs. */
  async start() {
    this.#running ??= await startServer({ port: this.port, data: this.data, site: SITE });
  }

  /** Lets it drain and waits until it is gone. */
  async stop() {
    await this.#running?.stop();
    this.#running = null;
  }

  /** Item ids, best first, as GetRecommendations gives them. */
  async recommendations(input) {
    return ids((await this.#runtime('/recommendations', input)).itemList);
  }

  /** Item ids, best first, as GetPersonalizedRanking gives them. */
  async ranking(input) {
    return ids((await this.#runtime('/personalize-ranking', input)).personalizedRanking);
  }

  /** Every event that the tracker has kept, in order. */
  async events(trackingId) {
    const all = [];
    for (let after = 0; ;) {
      const answer = await fetch(`${this.url}/datasets/events?trackingId=${trackingId}&after=${after}&limit=1000`);
      if (!answer.ok) throw new Error(`/datasets/events: ${answer.status} ${await answer.text()}`);
      const { events, next } = await answer.json();
      all.push(...events);
      if (events.length === 0 || !next || next === after) return all;
      after = next;
    }
  }

  async #runtime(path, input) {
    const answer = await fetch(this.url + path, { method: 'POST', body: JSON.stringify(input) });
    const body = await answer.json();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${body.message}`);
    return body;
  }
}

function ids(list) {
  return list.map((item) => item.itemId);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
