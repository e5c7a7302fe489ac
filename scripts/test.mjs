// `npm test` runs every stage, in order of cost, and goes on when one fails; `npm test -- NAME …` runs some.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { ensureNodeModules } from './build.mjs';
import { seconds, table } from './console.mjs';
import { unlessFresh } from './fresh.mjs';
import { root, run, runQuietly, serverBinary } from './processes.mjs';
import { chromium, ensureRequirements } from './requirements.mjs';

const PYTHON = '.venv/bin/python3';
const REQUIREMENTS = 'tests/aws/requirements.txt';

/** `needs` must exist, or the stage fails; `commands` run one after the other until one fails. */
const STAGES = [
  { name: 'format', commands: [['cargo', 'fmt', '--all', '--check']] },
  { name: 'clippy', commands: [['cargo', 'clippy', '--workspace', '--all-targets', '--', '-D', 'warnings']] },
  { name: 'layers', commands: [['cargo', 'xtask', 'layers']] },
  { name: 'rust', commands: [['cargo', 'test', '--workspace', '--no-fail-fast']] },
  { name: 'fuzz', needs: ['fuzz/targets'], commands: [['node', 'scripts/fuzz.mjs']] },
  {
    name: 'scripts',
    needs: ['scripts/test'],
    commands: () => [['node', '--test', '--test-reporter=spec', ...files('scripts/test', '.test.mjs')]],
  },
  { name: 'wasm', needs: ['sdk-wasm/package.json'], commands: [npm('build', 'sdk-wasm'), npm('test', 'sdk-wasm')] },
  { name: 'packaging', needs: ['sdk-wasm/dist'], commands: [npm('test:packaging', 'sdk-wasm')] },
  { name: 'demo', needs: ['www/demo/package.json'], commands: [npm('build', 'www/demo')] },
  { name: 'types', commands: [['npm', 'run', 'check', '--workspaces', '--if-present']] },
  { name: 'prettier', commands: [['npx', '--no-install', 'prettier', '--check', '.']] },
  { name: 'release', commands: [['cargo', 'build', '--release', '-p', 'bowerbird-server']] },
  {
    name: 'aws',
    needs: [REQUIREMENTS],
    prepare: venv,
    commands: [[PYTHON, '-m', 'pytest', '-q', 'tests/aws'], npm('test', 'tests/aws')],
  },
  {
    name: 'columns',
    needs: ['tests/columns'],
    prepare: venv,
    commands: () => files('tests/columns', '.py').map(python),
  },
  {
    name: 'faults',
    needs: ['tests/faults'],
    prepare: venv,
    commands: () => files('tests/faults', '.py').map(python),
  },
  { name: 'browser', needs: ['tests/browser/package.json', 'tests/journey'], commands: [npm('test', 'tests/browser')] },
];

function npm(script, workspace) {
  return ['npm', 'run', script, '-w', workspace];
}

function python(file) {
  return file.includes('/test_') ? [PYTHON, '-m', 'pytest', '-q', file] : [PYTHON, file];
}

/** Programs of a folder; a leading underscore marks what they share. */
function files(folder, ending) {
  const names = readdirSync(join(root, folder)).filter((name) => name.endsWith(ending) && !name.startsWith('_'));
  return names.sort().map((name) => `${folder}/${name}`);
}

/** The Python packages of the tests, in a folder of the project. */
async function venv() {
  const isMade = existsSync(join(root, PYTHON)) || (await run(['python3', '-m', 'venv', '.venv'])) === 0;
  if (!isMade) return false;
  const install = [PYTHON, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS];
  try {
    await unlessFresh('venv', { inputs: [REQUIREMENTS], outputs: [PYTHON] }, () => runQuietly(install));
    return true;
  } catch (error) {
    console.log(error.message);
    return false;
  }
}

async function runStage({ needs = [], prepare = () => true, commands }) {
  const missing = needs.filter((path) => !existsSync(join(root, path)));
  if (missing.length > 0) {
    console.log(`missing: ${missing.join(', ')}`);
    return false;
  }
  if (!(await prepare())) return false;
  const env = { BOWERBIRD_CHROMIUM: chromium() ?? '', BOWERBIRD_BINARY: serverBinary() };
  for (const command of typeof commands === 'function' ? commands() : commands) {
    if ((await run(command, { env })) !== 0) return false;
  }
  return true;
}

async function main(names) {
  const unknown = names.filter((name) => !STAGES.some((stage) => stage.name === name));
  if (unknown.length > 0)
    throw new Error(`no stage ${unknown.join(', ')}: there are ${STAGES.map(({ name }) => name).join(', ')}`);
  await ensureRequirements({ tests: true });
  await ensureNodeModules();
  const rows = [];
  for (const stage of STAGES.filter(({ name }) => names.length === 0 || names.includes(name))) {
    console.log(`\n== ${stage.name} ${'='.repeat(70 - stage.name.length)}`);
    const started = performance.now();
    const passed = await runStage(stage);
    const time = seconds(performance.now() - started);
    console.log(`== ${stage.name}: ${passed ? 'passed' : 'FAILED'} in ${time}`);
    rows.push([stage.name, passed ? 'passed' : 'FAILED', time]);
  }
  console.log(`\n${table(['stage', 'result', 'time'], rows)}`);
  return rows.every(([, result]) => result === 'passed') ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  return 1;
});
