// How long the server takes to answer for a visitor, beside the same HTTP stack with no work at all (/health): the
// difference is what a recommendation costs. One connection, one request after the other, MovieLens small.
import http from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Api } from '../scripts/demo/api.mjs';
import { choosePort, startServer } from '../scripts/demo/server.mjs';
import { loadMovieLens } from '../scripts/demo/steps.mjs';

const REQUESTS = 2000;
const CAMPAIGN = 'arn:aws:personalize:us-east-1:000000000000:campaign/movielens';
const USERS = 610;

export async function run() {
  const data = mkdtempSync(join(tmpdir(), 'bowerbird-bench-'));
  const server = await startServer({ port: await choosePort(), data, site: data });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  try {
    await loadMovieLens(new Api(server.url), join(data, 'import'));
    const inputList = Array.from({ length: 100 }, (_, at) => String(at + 1));
    const cases = [
      ['no work (/health)', () => send(agent, server.url, 'GET', '/health')],
      [
        'GetRecommendations, 25 of 9,742',
        (userId) => send(agent, server.url, 'POST', '/recommendations', { campaignArn: CAMPAIGN, userId }),
      ],
      [
        'GetPersonalizedRanking, 100 given',
        (userId) =>
          send(agent, server.url, 'POST', '/personalize-ranking', { campaignArn: CAMPAIGN, userId, inputList }),
      ],
    ];
    const rows = [];
    for (const [name, ask] of cases) rows.push([name, ...(await times(ask))]);
    return { title: `${REQUESTS} requests, milliseconds`, columns: ['request', 'p50', 'p99', 'max'], rows };
  } finally {
    agent.destroy();
    await server.stop();
    rmSync(data, { recursive: true });
  }
}

async function times(ask) {
  const taken = [];
  for (let at = 0; at < REQUESTS; at++) {
    const started = performance.now();
    await ask(String((at % USERS) + 1));
    taken.push(performance.now() - started);
  }
  taken.sort((a, b) => a - b);
  return [0.5, 0.99, 1].map((share) => taken[Math.ceil(share * taken.length) - 1].toFixed(2));
}

function send(agent, url, method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json' };
    const request = http.request(url + path, { agent, method, headers }, (response) => {
      response.resume();
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`${path}: ${response.statusCode}`)),
      );
    });
    request.on('error', reject);
    request.end(body && JSON.stringify(body));
  });
}
