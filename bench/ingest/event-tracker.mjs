// What a benchmark of events needs of a server: a dataset group of its own, and an event tracker in it.
const SCHEMA = {
  type: 'record',
  name: 'Interactions',
  namespace: 'com.amazonaws.personalize.schema',
  fields: [
    { name: 'USER_ID', type: 'string' },
    { name: 'ITEM_ID', type: 'string' },
    { name: 'TIMESTAMP', type: 'long' },
  ],
  version: '1.0',
};

/** Makes them, under a name that is not taken; resolves to the tracking id. */
export async function eventTracker(api, name) {
  const { schemaArn } = await api.call('CreateSchema', { name, schema: JSON.stringify(SCHEMA) });
  const { datasetGroupArn } = await api.call('CreateDatasetGroup', { name });
  await api.call('CreateDataset', { name, schemaArn, datasetGroupArn, datasetType: 'Interactions' });
  return (await api.call('CreateEventTracker', { name, datasetGroupArn })).trackingId;
}
