// The AWS SDK for JavaScript, unmodified but for the endpoint, against a release server with keys: it signs other
// headers than boto3, so it is the harder test of the signature check.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import * as control from '@aws-sdk/client-personalize';
import * as events from '@aws-sdk/client-personalize-events';
import * as runtime from '@aws-sdk/client-personalize-runtime';

const BINARY =
  process.env.BOWERBIRD_BINARY ?? fileURLToPath(new URL('../../target/release/bowerbird', import.meta.url));
const KEYS = { accessKeyId: 'AKEXAMPLE', secretAccessKey: 's3cret/with+signs=' };

let server;
let data;
let options;

before(async () => {
  data = mkdtempSync(join(tmpdir(), 'bowerbird-'));
  server = spawn(BINARY, ['serve', '--listen', '127.0.0.1:0', '--data', data], {
    env: {
      ...process.env,
      BOWERBIRD_ACCESS_KEY_ID: KEYS.accessKeyId,
      BOWERBIRD_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(server.stdout), 'line');
  options = { endpoint: line.replace('listening on ', ''), region: 'us-east-1', credentials: KEYS };
});

after(async () => {
  server.kill('SIGTERM');
  const [code] = await once(server, 'exit');
  rmSync(data, { recursive: true });
  assert.equal(code, 0);
});

test('control plane, events and runtime answer signed calls', async () => {
  const personalize = new control.PersonalizeClient(options);
  const { datasetGroupArn } = await personalize.send(new control.CreateDatasetGroupCommand({ name: 'js' }));
  const { trackingId } = await personalize.send(new control.CreateEventTrackerCommand({ name: 'js', datasetGroupArn }));
  const put = new events.PutEventsCommand({
    trackingId,
    sessionId: 's',
    eventList: [{ eventType: 'click', sentAt: new Date(), properties: { itemId: 'x' } }],
  });
  const answer = await new events.PersonalizeEventsClient(options).send(put);
  assert.equal(answer.$metadata.httpStatusCode, 200);

  const campaignArn = 'arn:aws:personalize:us-east-1:000000000000:campaign/none';
  await assert.rejects(
    new runtime.PersonalizeRuntimeClient(options).send(
      new runtime.GetRecommendationsCommand({ campaignArn, userId: '1' }),
    ),
    runtime.ResourceNotFoundException,
  );
});

test('action interactions, batch jobs and action recommendations answer signed calls', async () => {
  const personalize = new control.PersonalizeClient(options);
  const { datasetGroupArn } = await personalize.send(new control.CreateDatasetGroupCommand({ name: 'js-actions' }));
  const fields = ['USER_ID', 'ACTION_ID', 'EVENT_TYPE'].map((name) => ({ name, type: 'string' }));
  const schema = JSON.stringify({
    type: 'record',
    name: 'ActionInteractions',
    fields: [...fields, { name: 'TIMESTAMP', type: 'long' }],
    version: '1.0',
  });
  const { schemaArn } = await personalize.send(new control.CreateSchemaCommand({ name: 'js-actions', schema }));
  const { datasetArn } = await personalize.send(
    new control.CreateDatasetCommand({
      name: 'js-actions',
      schemaArn,
      datasetGroupArn,
      datasetType: 'Action_Interactions',
    }),
  );
  const { dataset } = await personalize.send(new control.DescribeDatasetCommand({ datasetArn }));
  const taken = { actionId: 'a', sessionId: 's', userId: 'u', eventType: 'TAKEN', timestamp: new Date() };
  const put = new events.PutActionInteractionsCommand({
    trackingId: dataset.trackingId,
    actionInteractions: [{ ...taken, properties: { discount: 2 } }],
  });
  const answer = await new events.PersonalizeEventsClient(options).send(put);
  assert.equal(answer.$metadata.httpStatusCode, 200);

  const { batchInferenceJobs } = await personalize.send(new control.ListBatchInferenceJobsCommand({}));
  assert.deepEqual(batchInferenceJobs, []);
  const campaignArn = 'arn:aws:personalize:us-east-1:000000000000:campaign/none';
  const client = new runtime.PersonalizeRuntimeClient(options);
  await assert.rejects(
    client.send(new runtime.GetActionRecommendationsCommand({ campaignArn, userId: '1' })),
    runtime.ResourceNotFoundException,
  );
});

test('a wrong secret is refused', async () => {
  const credentials = { ...KEYS, secretAccessKey: 'wrong' };
  const personalize = new control.PersonalizeClient({ ...options, credentials });
  await assert.rejects(personalize.send(new control.ListSchemasCommand({})), { name: 'InvalidSignatureException' });
});
