// A server that knows MovieLens, and a browser: what every file of tests starts with.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach } from 'node:test';
import { fileURLToPath } from 'node:url';

import { loadMovieLens } from '../../scripts/demo/steps.mjs';
import { launch } from './browser.mjs';
import { root, Server } from './server.mjs';

/** Trained once per build of the server: importing and training again for every file would only cost time. */
const OUT = fileURLToPath(new URL('out/', import.meta.url));
const TARGET = process.env.CARGO_TARGET_DIR ?? `${root}target`;

/** Starts both; `close` ends both and removes the data. */
export async function start() {
  const { folder, names } = await trained();
  const data = mkdtempSync(join(tmpdir(), 'bowerbird-browser-'));
  cpSync(folder, data, { recursive: true });
  const server = await Server.start(data);
  const browser = await launch();
  return {
    server,
    browser,
    ...names,
    /** Address of the demo page on this server. */
    url: `${server.url}/?trackingId=${names.trackingId}&campaign=${names.campaign}`,
    watched: async (userId) => watched(await server.events(names.trackingId), userId),
    close: async () => {
      await browser.close();
      await server.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Both for a file of tests, and for each test a visitor without a past who is called like it. */
export function visitors() {
  const here = {};
  before(async () => (here.house = await start()));
  after(() => here.house?.close());
  beforeEach(async ({ name }) => {
    here.context = await here.house.browser.newContext();
    here.userId = name.replaceAll(/\W+/g, '-');
  });
  afterEach(() => here.context.close());
  return here;
}

/** Item ids of the watch events that the server has kept of one visitor, in order. */
function watched(events, userId) {
  return events.filter((event) => event.eventType === 'watch' && event.userId === userId).map(({ itemId }) => itemId);
}

async function trained() {
  const { size, mtimeMs } = statSync(join(TARGET, 'release/bowerbird'));
  const folder = join(OUT, `trained-${size}-${Math.round(mtimeMs)}`);
  const note = join(folder, 'names.json');
  if (!existsSync(note)) {
    rmSync(OUT, { recursive: true, force: true });
    writeFileSync(note, JSON.stringify(await train(join(folder, 'data'))));
  }
  return { folder: join(folder, 'data'), names: JSON.parse(readFileSync(note, 'utf8')) };
}

async function train(data) {
  const server = await Server.start(data);
  try {
    const names = await loadMovieLens(server.api, join(data, 'import'));
    const campaignArn = `arn:aws:personalize:us-east-1:000000000000:campaign/${names.campaign}`;
    return { ...names, campaignArn };
  } finally {
    await server.stop();
  }
}
