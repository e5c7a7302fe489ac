import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { Api, ApiError } from '../demo/api.mjs';
import { loadMovieLens } from '../demo/steps.mjs';

/** A server that knows just enough of the API to remember what was created, and answers a second page of lists. */
async function withServer(work) {
  const made = new Map();
  const calls = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const operation = request.headers['x-amz-target']?.replace('AmazonPersonalize.', '');
      const answer = operation ? answerTo(operation, JSON.parse(body), made) : null;
      if (operation) calls.push(operation);
      response.statusCode = answer === null ? 404 : answer.__type ? 400 : 200;
      response.end(JSON.stringify(answer ?? {}));
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work(new Api(`http://127.0.0.1:${server.address().port}`), calls);
  } finally {
    server.close();
  }
}

function answerTo(operation, input, made) {
  const [, verb, kind] = /^(Create|Describe|List)(.*?)s?$/.exec(operation);
  const key = kind[0].toLowerCase() + kind.slice(1);
  if (verb === 'Create') {
    const resource = {
      name: input.name,
      status: 'ACTIVE',
      trackingId: 'tracker',
      [`${key}Arn`]: `arn:${key}/${made.size}`,
    };
    made.set(resource[`${key}Arn`], { ...input, ...resource, kind: key });
    return resource;
  }
  if (verb === 'Describe') return { [key]: made.get(Object.values(input)[0]) };
  const { nextToken, ...wanted } = input;
  const fits = (resource) =>
    Object.entries(wanted).every(([member, value]) => !resource[member] || resource[member] === value);
  const all = [...made.values()].filter((resource) => resource.kind === key && fits(resource));
  const page = nextToken ? all.slice(1) : all.slice(0, 1);
  return { [`${key}s`]: page, ...(!nextToken && all.length > 1 && { nextToken: 'next' }) };
}

test('a second start creates nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bowerbird-test-'));
  for (const name of ['items.csv', 'interactions.csv']) writeFileSync(join(folder, name), '');
  try {
    await withServer(async (api, calls) => {
      const first = await loadMovieLens(api, folder);
      assert.deepEqual(first, { trackingId: 'tracker', campaign: 'movielens' });
      assert.equal(calls.filter((call) => call.startsWith('Create')).length, 11);
      calls.length = 0;
      assert.deepEqual(await loadMovieLens(api, folder), first);
      assert.deepEqual(
        calls.filter((call) => call.startsWith('Create')),
        [],
      );
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('an error names the operation and the type', async () => {
  const server = createServer((_, response) => {
    response.statusCode = 400;
    response.end('{"__type":"InvalidInputException","message":"no"}');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const api = new Api(`http://127.0.0.1:${server.address().port}`);
    await assert.rejects(
      api.call('CreateSchema'),
      (error) => error instanceof ApiError && error.message === 'CreateSchema: InvalidInputException: no',
    );
  } finally {
    server.close();
  }
});
