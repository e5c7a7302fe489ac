// The trackers that are measured beside ours, and how each gets into a page. Nobody else needs them, so they are
// installed the first time that a benchmark asks, into a folder that git does not see.
//
// An adapter is a module for the page: `init({ endpoint, trackingId })` starts the tracker and may return a promise,
// `track(name, properties)` records. Each tracker has the options that its documents recommend for losing nothing.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const INSTALLED = at('node_modules/.package-lock.json');

const amplitude = ({ body, events }) => ({
  code: 200,
  events_ingested: events.length,
  payload_size_bytes: body.length,
  server_upload_time: Date.now(),
});

/** PostHog asks what it may do before it sends. */
const posthog = ({ url }) =>
  /\/array\/|\/config/.test(url)
    ? { supportedCompression: ['gzip', 'gzip-js'], hasFeatureFlags: false, sessionRecording: false, surveys: false }
    : { status: 1 };

/** Its endpoint cannot be chosen, so the browser finds our gate under that name. */
const AMAZON = 'personalize-events.us-east-1.amazonaws.com';

/**
 * By the name of the adapter. `settings`: what a reader of a table has to know. `https`: it refuses plain http.
 * `answer`: what its service answers, where `{}` will not do. `chromium`: arguments for a collector on this port.
 */
export const trackers = {
  bowerbird: { package: 'bowerbird', settings: 'defaults' },
  snowplow: {
    package: '@snowplow/browser-tracker',
    settings: 'POST, an event a request, queue of 5,000 in localStorage',
  },
  rudderstack: {
    package: '@rudderstack/analytics-js',
    settings: 'bundled build, batches of 100 or 5 s, queue of 5,000 in localStorage',
    answer: () => 'OK',
  },
  segment: {
    package: '@segment/analytics-next',
    settings: 'standard delivery with keepalive',
    answer: () => ({ success: true }),
  },
  posthog: {
    package: 'posthog-js',
    settings: 'batches of 3 s, localStorage, rate limit raised',
    answer: posthog,
  },
  amplitude: {
    package: '@amplitude/analytics-browser',
    settings: 'compression, the documented pagehide hook, 1,000 retries',
    answer: amplitude,
  },
  mixpanel: {
    package: 'mixpanel-browser',
    settings: 'core entry, batches, localStorage',
    answer: () => ({ status: 1, error: null }),
  },
  glean: {
    package: '@mozilla/glean',
    settings: '50 events a ping',
    https: true,
    chromium: () => ['--ignore-certificate-errors'],
  },
  'amplify-personalize': {
    package: '@aws-amplify/analytics',
    settings: '10 events a call (its maximum), 5 s, credentials given',
    https: true,
    chromium: (port) => [`--host-resolver-rules=MAP ${AMAZON} 127.0.0.1:${port}`, '--ignore-certificate-errors'],
  },
  openpanel: {
    package: '@openpanel/web',
    settings: 'defaults',
    answer: () => ({ deviceId: 'device', sessionId: 'session' }),
  },
  jitsu: { package: '@jitsu/js', settings: 'defaults', answer: () => ({ ok: true }) },
  plausible: { package: 'plausible-tracker', settings: 'defaults', answer: () => 'ok' },
};

/** Fetches the packages, unless they are here as package.json names them. */
export function install() {
  if (existsSync(INSTALLED) && statSync(INSTALLED).mtimeMs > statSync(at('package.json')).mtimeMs) return;
  const quietly = ['--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
  execFileSync('npm', ['install', ...quietly], { cwd: at('.'), stdio: 'inherit' });
}

/** Ours is the package of this repository, as it was built last. */
export function version(name) {
  const folder = name === 'bowerbird' ? at('../../sdk-wasm') : at(`node_modules/${trackers[name].package}`);
  return JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).version;
}

/** Bundles an adapter as a site would; gives the folder, whose entry is index.js. */
export async function bundle(name) {
  const outdir = at(`dist/${name}`);
  await build({
    entryPoints: { index: at(`adapters/${name}.js`) },
    outdir,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
    logLevel: 'error',
  });
  return outdir;
}

let made;

/** A key and a certificate for this machine, which nobody trusts: { key, cert }. */
export function certificate() {
  const args = 'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout - -out -'.split(' ');
  made ??= execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return { key: made, cert: made };
}
