// The order matters: the switch that cuts the network must be in place before the package takes hold of fetch.
import './network.js';

import { init } from 'bowerbird';

import { readConfig, type Config } from './config.js';
import { startCopying } from './copy.js';
import { byId, make } from './dom.js';
import { Page } from './page.js';
import { startFrame } from './panel/frame.js';
import { diagnose } from './server.js';
import { showSnippet } from './snippet.js';
import { visitorId } from './visitor.js';

async function start(): Promise<void> {
  startFrame();
  startCopying((text) => (byId('announcer').textContent = text));
  const config = await readConfig();
  showSnippet(config);
  const visitor = visitorId();
  const autotrack = { impressions: true, clicks: false };
  const tracker = init({ ...config, userId: visitor, autotrack, dials: true });
  tracker.on('error', ({ message }) => void explain(config, message));
  await tracker.ready;
  byId('trouble').hidden = true;
  new Page(config, tracker, visitor);
}

/** How often a page without films looks whether there are some now, in milliseconds. */
const LOOK_AGAIN_MS = 2000;

/** Only a page without films is in trouble; once they are there, a failed request is the panel's business. */
async function explain(config: Config, message: string): Promise<void> {
  if (!document.body.classList.contains('loading') || !byId('trouble').hidden) return;
  const cause = await diagnose(config);
  showTrouble(cause ?? message.replace(/^\w*Error: /, ''));
  if (cause !== null) await reloadWhenBetter(config);
}

async function reloadWhenBetter(config: Config): Promise<void> {
  while ((await diagnose(config)) !== null) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  location.reload();
}

function showTrouble(message: string): void {
  if (!document.body.classList.contains('loading')) return;
  const box = byId('trouble');
  box.hidden = false;
  box.replaceChildren(
    make('strong', {}, 'There are no films to show yet.'),
    make('p', {}, message),
    make('p', {}, 'In a copy of the project, ', make('code', {}, 'npm start'), ' starts a server with films in it.'),
  );
}

start().catch((cause: unknown) => showTrouble(cause instanceof Error ? cause.message : String(cause)));
