// The page as static files in dist/, ready for `bowerbird serve --site www/demo/dist`.
// config.json is not made here: whoever starts a server writes it beside index.html, so a rebuild keeps it.
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

await mkdir(at('dist'), { recursive: true });
for (const old of await readdir(at('dist'))) if (old !== 'config.json') await rm(at(`dist/${old}`));
await cp(at('src/index.html'), at('dist/index.html'));
await build({
  entryPoints: { page: at('src/main.ts'), style: at('src/style/index.css') },
  outdir: at('dist'),
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  sourcemap: true,
  logLevel: 'warning',
});
