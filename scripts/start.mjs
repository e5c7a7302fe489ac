// `npm start`: from a fresh clone to the demo page. BOWERBIRD_PORT and BOWERBIRD_DATA change where; `--once`, or
// BOWERBIRD_EXIT_WHEN_READY=1, stops everything again as soon as the page could be opened.
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { build, ensureNodeModules } from './build.mjs';
import { step } from './console.mjs';
import { Api } from './demo/api.mjs';
import { choosePort, startServer } from './demo/server.mjs';
import { loadMovieLens } from './demo/steps.mjs';
import { root } from './processes.mjs';
import { ensureRequirements } from './requirements.mjs';

const SITE = 'www/demo/dist';
const once = process.argv.includes('--once') || process.env.BOWERBIRD_EXIT_WHEN_READY === '1';
let server;
let stopping;

function stop(code) {
  stopping ??= (async () => {
    await server?.stop();
    process.exit(code);
  })();
  return stopping;
}
process.on('SIGINT', () => stop(server ? 0 : 130));
process.on('SIGHUP', () => stop(129));
process.on('SIGTERM', () => stop(server ? 0 : 143));

try {
  await ensureRequirements();
  await ensureNodeModules();
  await build();
  const data = resolve(root, process.env.BOWERBIRD_DATA ?? '.bowerbird');
  await step('start the server', async () => {
    const port = await choosePort(process.env.BOWERBIRD_PORT);
    server = await startServer({ port, data, site: SITE });
  });
  const config = await loadMovieLens(new Api(server.url), join(data, 'import'));
  writeFileSync(join(root, SITE, 'config.json'), `${JSON.stringify(config)}\n`);
  console.log(`ready: ${server.url}/`);
  if (once) await stop(0);
  const { code, signal } = await server.exited;
  if (!stopping) throw new Error(`the server ended by itself (${signal ?? `code ${code}`}); its log is in ${data}`);
} catch (error) {
  if (!stopping) {
    console.error(error.message);
    await stop(1);
  }
}
