// From an empty server to a campaign on MovieLens, through the public API. What is there already is used again.
import { step } from '../console.mjs';
import { SCHEMAS, prepare } from './movielens.mjs';

const NAME = 'movielens';
const RECIPE = 'arn:aws:personalize:::recipe/aws-user-personalization-v2';
const ROLE = 'arn:aws:iam::000000000000:role/not-used';
const POLL_MS = 200;

/** Resolves to what the demo page needs: { trackingId, campaign }. */
export async function loadMovieLens(api, folder) {
  let files, group, solution, solutionVersion, trackingId;
  const datasets = {};
  await step('unpack MovieLens', async () => {
    files = await prepare(folder);
  });
  await step('schemas and datasets', async (report) => {
    group = await datasetGroup(api, report);
    for (const type of ['Items', 'Interactions']) datasets[type] = await dataset(api, group, type, report);
  });
  for (const type of ['Items', 'Interactions']) {
    await step(`import ${type.toLowerCase()}`, (report) => importFile(api, datasets[type], type, files[type], report));
  }
  await step('train', async (report) => {
    solution = await ensureSolution(api, group, report);
    let note;
    [solutionVersion, note] = await train(api, solution, report);
    return note;
  });
  await step('campaign', (report) => campaign(api, solution, solutionVersion, report));
  await step('event tracker', async () => {
    trackingId = await eventTracker(api, group);
  });
  return { trackingId, campaign: NAME };
}

async function datasetGroup(api, report) {
  const groups = await api.list('ListDatasetGroups', 'datasetGroups');
  const arn =
    named(groups, NAME)?.datasetGroupArn ?? (await api.call('CreateDatasetGroup', { name: NAME })).datasetGroupArn;
  await untilActive(api, 'DescribeDatasetGroup', { datasetGroupArn: arn }, 'datasetGroup', report);
  return arn;
}

async function dataset(api, datasetGroupArn, datasetType, report) {
  const schemaArn = await schema(api, datasetType);
  const datasets = await api.list('ListDatasets', 'datasets', { datasetGroupArn });
  const name = `${NAME}-${datasetType.toLowerCase()}`;
  const existing = named(datasets, name)?.datasetArn;
  const arn =
    existing ?? (await api.call('CreateDataset', { name, schemaArn, datasetGroupArn, datasetType })).datasetArn;
  await untilActive(api, 'DescribeDataset', { datasetArn: arn }, 'dataset', report);
  return arn;
}

async function schema(api, type) {
  const name = `${NAME}-${type.toLowerCase()}`;
  const existing = named(await api.list('ListSchemas', 'schemas'), name)?.schemaArn;
  if (existing) return existing;
  const avro = {
    type: 'record',
    name: type,
    namespace: 'com.amazonaws.personalize.schema',
    fields: SCHEMAS[type],
    version: '1.0',
  };
  return (await api.call('CreateSchema', { name, schema: JSON.stringify(avro) })).schemaArn;
}

async function importFile(api, datasetArn, type, path, report) {
  const jobs = await api.list('ListDatasetImportJobs', 'datasetImportJobs', { datasetArn });
  const usable = jobs.find((job) => !isFailed(job.status));
  const arn =
    usable?.datasetImportJobArn ??
    (
      await api.call('CreateDatasetImportJob', {
        // A job that failed keeps its name, so the next one takes another.
        jobName: `${NAME}-${type.toLowerCase()}-${jobs.length + 1}`,
        datasetArn,
        dataSource: { dataLocation: `file://${path}` },
        roleArn: ROLE,
        importMode: 'FULL',
      })
    ).datasetImportJobArn;
  await untilActive(api, 'DescribeDatasetImportJob', { datasetImportJobArn: arn }, 'datasetImportJob', report);
  return usable ? 'unchanged' : '';
}

async function ensureSolution(api, datasetGroupArn, report) {
  const solutions = await api.list('ListSolutions', 'solutions', { datasetGroupArn });
  const input = { name: NAME, datasetGroupArn, recipeArn: RECIPE, performAutoTraining: false };
  const arn = named(solutions, NAME)?.solutionArn ?? (await api.call('CreateSolution', input)).solutionArn;
  await untilActive(api, 'DescribeSolution', { solutionArn: arn }, 'solution', report);
  return arn;
}

async function train(api, solutionArn, report) {
  const versions = await api.list('ListSolutionVersions', 'solutionVersions', { solutionArn });
  const usable = versions.find((version) => !isFailed(version.status));
  const arn =
    usable?.solutionVersionArn ?? (await api.call('CreateSolutionVersion', { solutionArn })).solutionVersionArn;
  await untilActive(api, 'DescribeSolutionVersion', { solutionVersionArn: arn }, 'solutionVersion', report);
  return [arn, usable ? 'unchanged' : ''];
}

async function campaign(api, solutionArn, solutionVersionArn, report) {
  const campaigns = await api.list('ListCampaigns', 'campaigns', { solutionArn });
  const existing = named(campaigns, NAME)?.campaignArn;
  const arn =
    existing ??
    (await api.call('CreateCampaign', { name: NAME, solutionVersionArn, minProvisionedTPS: 1 })).campaignArn;
  await untilActive(api, 'DescribeCampaign', { campaignArn: arn }, 'campaign', report);
}

async function eventTracker(api, datasetGroupArn) {
  const [existing] = await api.list('ListEventTrackers', 'eventTrackers', { datasetGroupArn });
  if (!existing) return (await api.call('CreateEventTracker', { name: 'demo', datasetGroupArn })).trackingId;
  const described = await api.call('DescribeEventTracker', { eventTrackerArn: existing.eventTrackerArn });
  return described.eventTracker.trackingId;
}

async function untilActive(api, operation, input, key, report) {
  for (;;) {
    const { status, failureReason } = (await api.call(operation, input))[key];
    if (status === 'ACTIVE') return;
    if (isFailed(status)) throw new Error(`${operation.replace('Describe', '')} failed: ${failureReason ?? status}`);
    report(await api.progress(Object.values(input)[0]));
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

const isFailed = (status) => status.endsWith('FAILED') || status.endsWith('STOPPED');
const named = (resources, name) => resources.find((resource) => resource.name === name);
