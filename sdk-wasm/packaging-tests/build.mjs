// The projects, built as their users would. The bundlers are imported late: the first run has to install them.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { out } from './install.mjs';

const require = createRequire(import.meta.url);

/** An empty page for a program. */
const page = (program) => `<!doctype html><title>loading</title><script type="module" src="${program}"></script>`;

export async function vite(project, names) {
  const { build } = await import('vite');
  const root = join(out, project);
  for (const name of names) writeFileSync(join(root, `${name}.html`), page(`./${name}.js`));
  await build({
    root,
    // The projects are served from folders.
    base: './',
    configFile: false,
    logLevel: 'warn',
    worker: { format: 'es' },
    build: { outDir: 'out', rollupOptions: { input: names.map((name) => join(root, `${name}.html`)) } },
  });
}

export async function webpack(project, names) {
  const webpack = require('webpack');
  const context = join(out, project);
  const stats = await promisify(webpack)({
    context,
    mode: 'production',
    performance: { hints: false },
    entry: Object.fromEntries(names.map((name) => [name, `./${name}.js`])),
    output: { path: join(context, 'out') },
  });
  if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString('errors-warnings'));
  for (const name of names) writeFileSync(join(context, 'out', `${name}.html`), page(`./${name}.js`));
}

export async function esbuild(project, names) {
  const { build } = await import('esbuild');
  const absWorkingDir = join(out, project);
  await build({
    absWorkingDir,
    entryPoints: names,
    outdir: 'out',
    bundle: true,
    splitting: true,
    format: 'esm',
    jsx: 'automatic',
    loader: { '.wasm': 'binary' },
  });
  for (const name of names.map((name) => name.replace(/\.jsx?$/, '')))
    writeFileSync(join(absWorkingDir, 'out', `${name}.html`), page(`./${name}.js`));
}

export function buildNext(project) {
  return promisify(execFile)(...next(project, 'build'));
}

/** The arguments that start a program: Next has no interface for programs. */
export function next(project, ...args) {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' };
  return [process.execPath, [require.resolve('next/dist/bin/next'), ...args], { cwd: join(out, project), env }];
}
