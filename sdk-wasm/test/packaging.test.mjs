import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bowerbird-app-'));
after(() => rmSync(folder, { recursive: true }));

function run(command, ...args) {
  return execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

const [{ filename, files }] = JSON.parse(run('npm', 'pack', root, '--json'));
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
run('npm', 'install', '--offline', '--no-audit', '--no-fund', './' + filename);

test('the tarball holds what is needed and nothing else', () => {
  const names = files.map(({ path }) => path);
  for (const needed of ['package.json', 'README.md', 'dist/index.js', 'dist/node.js', 'dist/types/index.d.ts'])
    assert.ok(names.includes(needed), needed);
  assert.deepEqual(
    names.filter(
      (name) => !/^(package\.json|README\.md|LICENSE.*|dist\/((types|external|slim|rank)\/)?[\w.-]+)$/.test(name),
    ),
    [],
  );
});

test('a server can import it and is left in peace', () => {
  const source = `import { init, track, rank } from 'bowerbird';
    init({ trackingId: 't' });
    console.log(typeof track('click'), rank(['a']).where);`;
  assert.equal(run(process.execPath, '--input-type=module', '-e', source).trim(), 'string given-order');
});

test('a bundler takes the browser entry and needs no rule for wasm', async () => {
  writeFileSync(
    join(folder, 'app.js'),
    `import { init, track } from 'bowerbird'; init({ trackingId: 't' }); track('view');`,
  );
  await build({
    absWorkingDir: folder,
    entryPoints: ['app.js'],
    outdir: 'out',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
  });
  const out = readdirSync(join(folder, 'out'));
  assert.ok(out.length > 3 && out.every((name) => name.endsWith('.js')), out.join());
  assert.ok(readFileSync(join(folder, 'out/app.js'), 'utf8').includes('eventList'));
});

function compile(name, source) {
  writeFileSync(join(folder, name), source);
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--lib', 'es2022,dom', '--types', '', name];
  const tsc = fileURLToPath(import.meta.resolve('typescript/package.json')).replace('package.json', 'bin/tsc');
  run(process.execPath, tsc, ...options);
}

test('an application in TypeScript sees the types', () => {
  const source = `import { init, track, type Ranking } from 'bowerbird';
    const tracker = init({ trackingId: 't', autotrack: { clicks: true } });
    const id: string = track('click', { itemId: 'a' });
    const list: Ranking = tracker.rank(['a'], { seen: 'exclude' });
    tracker.on('outcome', ({ eventId, outcome }) => eventId === id && outcome === 'accepted');
    // @ts-expect-error: it is required
    init({});
    export { list };`;
  compile('app.ts', source);
});

test('so does one of CommonJS', () => {
  compile(
    'app.cts',
    `import { init, type Ranking } from 'bowerbird'; export const list: Ranking = init({ trackingId: 't' }).rank([]);`,
  );
});

test('the other entries have types too', () => {
  const source = `import { init } from 'bowerbird/external';
    import { setWasm } from 'bowerbird/slim';
    import { openRanker } from 'bowerbird/rank';
    import { snippet, type Snippet } from 'bowerbird/snippet';
    setWasm({ tracker: new ArrayBuffer(8), ranker: fetch('/ranker.wasm') });
    setWasm({ 'ranker-dials': fetch('/ranker-dials.wasm') });
    openRanker({ campaign: 'films', dials: true }).observe('1', 2);
    declare const bowerbird: Snippet;
    bowerbird.loaded.then(({ rank }) => rank(['a']));
    export const page: string = snippet('/bowerbird.js', 'nonce');
    // @ts-expect-error: there is no such module
    setWasm({ other: new ArrayBuffer(8) });
    init({ trackingId: 't' });`;
  compile('entries.ts', source);
});
