/**
 * Builds the package: Rust to wasm and glue (`cargo xtask wasm`), shrunk by binaryen, bundled by esbuild, typed by tsc.
 *
 *     pkg/   what Rust gives: <module>_bg.js, <module>.text.js (the wasm as text), tracker.compiled.js (as JavaScript)
 *     dist/  what is published
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

import { measure } from './sizes.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const pkg = (name) => join(here, 'pkg', name);
const require = createRequire(import.meta.url);
/** What rustc uses by default, and SIMD. With more, binaryen writes types that none has. */
const FEATURES = [
  'bulk-memory',
  'multivalue',
  'mutable-globals',
  'nontrapping-float-to-int',
  'reference-types',
  'sign-ext',
  'simd', // of every browser since 2023; only the ranker has it
];
/**
 * Properties that never leave the package, the log or a bundle, and so may have names of one letter. Only words that
 * nothing in a browser is called.
 */
const INTERNAL =
  /^(committed|unsaid|outlives|outliving|forgetBefore|lockName|remember|observations|heard|tickets|pending|beacon|retryAfterMs|upTo)$/;
/** A page loads at most one of them. */
const RANKERS = ['ranker', 'ranker-dials'];
const MODULES = ['tracker', ...RANKERS];
/**
 * Printable characters from # to | stand for a byte below 90; a mark before one of them adds 90 or 180. Of 64 to 92
 * digits 90 gave the smallest package (2026-11-25).
 */
const [FIRST_DIGIT, DIGITS, MARKS] = [35, 90, ['', '!', ' ']];
const binaryen = findBinaryen();

execFileSync('cargo', ['xtask', 'wasm'], { cwd: join(here, '..'), stdio: 'inherit' });
for (const name of MODULES) withoutPanics(name);
keepOnly('tracker', /^(start|push|next|ticket|report|wake|dropped)$/);
for (const name of RANKERS)
  keepOnly(
    name,
    /^(memory|byte_room|word_room|open|observe|observed|clear|keep|forget|turn|situate|boost|test|combine|measure|rank)$/,
  );
// Smaller by a twentieth, and slower: fine for a queue, not for a scan.
shrink('tracker', '--flatten', '--rereloop', '--low-memory-unused', '-Oz');
// How a load is aligned is a hint that no browser takes: one hint for all is 30 bytes less after brotli.
for (const name of RANKERS) shrink(name, '--low-memory-unused', '--dealign');
for (const name of MODULES) asText(name);
asJavaScript('tracker');
await bundle();
types();
keepBudget();

function findBinaryen() {
  try {
    return join(dirname(require.resolve('binaryen/package.json')), 'bin');
  } catch {
    console.warn('binaryen is not installed: the modules stay twice as large, and there is no way around a strict CSP');
    return null;
  }
}

function run(tool, ...args) {
  const features = FEATURES.map((feature) => `--enable-${feature}`);
  return execFileSync(process.execPath, [join(binaryen, tool), ...features, ...args], { maxBuffer: 1 << 26 });
}

/**
 * Makes every panic end at once. The panic handler traps without a text, but the compiler does not know that where it
 * prepares the text: an eighth of the tracker is sentences that nobody can ever read, and what prints numbers into them.
 */
function withoutPanics(name) {
  if (!binaryen) return;
  const panics = new RegExp(
    [
      /^core\[\w+\]::panicking::/,
      // Only texts for panics are formatted.
      /^<.+ as core\[\w+\]::fmt::(Display|Debug)>::fmt$/,
      /^core\[\w+\]::.*_fail(ed)?$/,
      /^<?alloc\[\w+\]::.*(assert_failed|capacity_overflow|handle_error|handle_alloc_error)$/,
      /^__rustc\[\w+\]::(__rdl_alloc_error_handler|__rust_alloc_error_handler|rust_begin_unwind)$/,
      /^wasm_bindgen::(throw_str|__rt::throw_null)::\w+$/,
    ]
      .map(({ source }) => source)
      .join('|'),
  );
  const text = run('wasm-dis', pkg(`${name}_bg.wasm`)).toString();
  const functions = /^ \(func \$("?)(.+?)\1((?: \((?:param|result)[^()]*\))*)\n[^]*?\n \)$/gm;
  const trapping = text.replace(functions, (whole, quote, called, signature) =>
    panics.test(called) ? ` (func $${quote}${called}${quote}${signature}\n  (unreachable)\n )` : whole,
  );
  writeFileSync(pkg(`${name}.wat`), withoutTexts(trapping));
  run('wasm-as', pkg(`${name}.wat`), '-o', pkg(`${name}_bg.wasm`));
}

/**
 * Only numbers leave the modules, so every sentence in their data was for a panic, with the marks where something is put
 * into it and the digits that are, and so was every place in the source: address and length of a file's name, line,
 * column. Nulls in their stead weigh nothing. The tags of sections are a capital and three or more capitals or digits, may
 * lie right beside a sentence, and stay.
 */
function withoutTexts(wat) {
  const segment = /^( \(data \S+ \(i32\.const (\d+)\) ")(.*)("\))$/gm;
  const CONTROLS = { t: '\t', n: '\n', r: '\r' };
  const unescaped = (text) =>
    text.replace(/\\([0-9a-f]{2}|.)/g, (_, code) =>
      code[1] ? String.fromCharCode(parseInt(code, 16)) : (CONTROLS[code] ?? code),
    );
  const parts = [...wat.matchAll(segment)].map(([, , at, text]) => ({ at: Number(at), data: unescaped(text) }));
  const textAt = (at, length) => {
    const part = parts.find((part) => part.at <= at && at + length <= part.at + part.data.length);
    return part ? part.data.slice(at - part.at, at - part.at + length) : '';
  };
  const isPlace = (entry) => {
    const word = (at) => Buffer.from(entry, 'latin1').readUInt32LE(at);
    return word(4) < 200 && textAt(word(0), word(4)).endsWith('.rs');
  };
  const nulls = (text) => '\0'.repeat(text.length);
  const cleaned = parts.map(({ at, data }) => {
    let out = data;
    for (let entry = (4 - (at % 4)) % 4; entry + 16 <= data.length; entry += 4)
      if (isPlace(data.slice(entry, entry + 16)))
        out = out.slice(0, entry) + nulls(' '.repeat(16)) + out.slice(entry + 16);
    return out.replace(/[\x01-~\xc0]{12,}/g, (run) =>
      run.replace(/([A-Z][A-Z0-9]{3,})|[^]/g, (_, tags) => tags ?? '\0'),
    );
  });
  const escaped = (data) => data.replace(/[^]/g, (c) => '\\' + c.charCodeAt(0).toString(16).padStart(2, '0'));
  return wat.replace(segment, (_, head, _at, _text, tail) => head + escaped(cleaned.shift()) + tail);
}

/**
 * Drops exports that the page never calls, with what hangs on them. Only numbers cross, so no module needs a table of
 * JavaScript objects, and without that table the tracker can be compiled to JavaScript.
 */
function keepOnly(name, wanted) {
  const all = WebAssembly.Module.exports(new WebAssembly.Module(readFileSync(pkg(`${name}_bg.wasm`))));
  const kept = all.map((entry) => entry.name).filter((entry) => wanted.test(entry));
  if (!binaryen) return;
  const graph = [{ name: 'page', root: true, reaches: kept }, ...kept.map((entry) => ({ name: entry, export: entry }))];
  writeFileSync(pkg(`${name}.graph.json`), JSON.stringify(graph));
  run('wasm-metadce', '--graph-file', pkg(`${name}.graph.json`), pkg(`${name}_bg.wasm`), '-o', pkg(`${name}_bg.wasm`));
}

function shrink(name, ...passes) {
  const last = ['--strip-producers', '--strip-target-features', pkg(`${name}_bg.wasm`), '-o', pkg(`${name}.wasm`)];
  if (binaryen) run('wasm-opt', ...passes, '-Oz', '--converge', ...last);
  else copyFileSync(pkg(`${name}_bg.wasm`), pkg(`${name}.wasm`));
}

/**
 * One printable character for each byte that is small, as most are, and a mark before it for each of the others: `bytes`
 * in js/instantiate.ts reads it. After brotli 2 % more than the module itself, where hexadecimal is 7 % more.
 */
function asText(name) {
  const character = (byte) => MARKS[Math.floor(byte / DIGITS)] + String.fromCharCode(FIRST_DIGIT + (byte % DIGITS));
  const text = Array.from(readFileSync(pkg(`${name}.wasm`)), character).join('');
  writeFileSync(pkg(`${name}.text.js`), `export const text = ${JSON.stringify(text)};\n`);
  writeFileSync(pkg(`${name}.text.d.ts`), 'export const text: string;\n');
}

function asJavaScript(name) {
  const out = pkg(`${name}.compiled.js`);
  if (binaryen) {
    run('wasm2js', '-Oz', pkg(`${name}.wasm`), '-o', out);
    // An instance for each tracker, like the module, instead of one for all.
    const [body] = readFileSync(out, 'utf8').split(/^var retasmFunc = /m);
    writeFileSync(out, `${body}export const compiled = () => asmFunc({});\n`);
  } else
    writeFileSync(
      out,
      `throw new Error('bowerbird was built without binaryen');\nexport const compiled = () => ({});\n`,
    );
  writeFileSync(pkg(`${name}.compiled.d.ts`), 'export const compiled: () => object;\n');
}

async function bundle() {
  rmSync(join(here, 'dist'), { recursive: true, force: true });
  const own = { outdir: 'dist', plugins: [apart(), aCopyFor('instantiate')] };
  const { metafile } = await bundleOf({ index: 'js/index.ts' }, own);
  writeFileSync(pkg('bundle.json'), JSON.stringify(metafile));
  await bundleOf({ node: 'js/node.ts' }, { outdir: 'dist' });
  await bundleOf(
    { node: 'js/node.ts' },
    { outdir: 'dist', format: 'cjs', splitting: false, outExtension: { '.js': '.cjs' } },
  );
  await bundleOf({ index: 'js/external.ts' }, { outdir: 'dist/external', plugins: [modulesFrom('external'), apart()] });
  for (const name of MODULES) copyFileSync(pkg(`${name}.wasm`), join(here, `dist/external/${name}.wasm`));
  await bundleOf({ index: 'js/slim.ts' }, { outdir: 'dist/slim', plugins: [modulesFrom('given'), apart()] });
  await bundleOf({ node: 'js/node-slim.ts' }, { outdir: 'dist/slim' });
  await bundleOf({ index: 'js/rank.ts' }, { outdir: 'dist/rank', plugins: [apart()] });
  await bundleOf({ react: 'js/react.ts' }, { outdir: 'dist', plugins: [mainEntry('bowerbird')], external: ['react'] });
  await bundleOf({ privacy: 'js/privacy.ts' }, { outdir: 'dist', plugins: [mainEntry('./index.js')] });
  await bundleOf({ 'privacy.node': 'js/node-privacy.ts' }, { outdir: 'dist' });
  await bundleSnippet();
}

/** Each entry on its own: what two entries share would otherwise be one more file, and one more request, for both. */
async function bundleOf(entryPoints, { plugins = [], ...options }) {
  const result = await build({
    absWorkingDir: here,
    entryPoints,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    mangleProps: INTERNAL,
    logLevel: 'warning',
    metafile: true,
    plugins: [...plugins, textsLater()],
    ...options,
  });
  for (const file of Object.keys(result.metafile.outputs)) {
    const code = readFileSync(join(here, file), 'utf8');
    const whole = code.replace(/(["'`])wasm (\S+) \w+\1/g, (_, _quote, name) => textOf(name));
    if (whole !== code) writeFileSync(join(here, file), whole);
  }
  return result;
}

/**
 * The bundler names variables by the letters that a program has most of: by those of a module, pages would be larger. So
 * it sees a name and a hash, by which it names files, and the text comes in at the end.
 */
function textsLater() {
  return {
    name: 'texts-later',
    setup({ onLoad }) {
      onLoad({ filter: /\.text\.js$/ }, ({ path }) => ({ contents: `export const text = '${standIn(path)}';` }));
    },
  };
}

function textOf(name) {
  return /^export const text = (.*);$/m.exec(readFileSync(pkg(`${name}.text.js`), 'utf8'))[1];
}

function standIn(path) {
  const name = basename(path, '.text.js');
  return `wasm ${name} ${createHash('sha256').update(textOf(name)).digest('hex')}`;
}

/** Each module that imports this one gets its own: a file that both load would be one more request for 100 bytes. */
function aCopyFor(name) {
  return {
    name: 'a-copy',
    setup({ onResolve }) {
      onResolve({ filter: new RegExp(`^\\./${name}\\.js$`) }, ({ importer }) => {
        return { path: join(here, `js/${name}.ts`), suffix: `?${basename(importer)}` };
      });
    },
  };
}

/**
 * What the two rankers share is in both, since a page loads one of them: a file of its own would be one more request.
 */
function apart() {
  const at = ({ path, resolveDir }) => {
    const file = relative(here, join(resolveDir, path));
    return { path: file.endsWith('.text.js') ? file : file.replace(/\.js$/, '.ts'), namespace: 'dials' };
  };
  return {
    name: 'apart',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\/ranker-dials\.js$/ }, at);
      onResolve({ filter: /^\./, namespace: 'dials' }, at);
      onLoad({ filter: /./, namespace: 'dials' }, ({ path }) => {
        const file = join(here, path);
        const isText = path.endsWith('.text.js');
        const contents = isText ? `export const text = '${standIn(path)}';` : readFileSync(file, 'utf8');
        return { contents, loader: 'ts', resolveDir: dirname(file) };
      });
    },
  };
}

/** The same sources with another way to get the modules, which is told the name of a module instead of its text. */
function modulesFrom(way) {
  return {
    name: 'modules-from',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\/instantiate\.js$/ }, () => ({ path: join(here, `js/instantiate-${way}.ts`) }));
      onResolve({ filter: /\.text\.js$/ }, ({ path }) => ({ path: basename(path, '.text.js'), namespace: 'name' }));
      onLoad({ filter: /./, namespace: 'name' }, ({ path }) => ({ contents: `export const text = '${path}';` }));
    },
  };
}

/** What stands beside the main entry must have the same trackers, so it imports that instead of taking it along. */
function mainEntry(path) {
  return {
    name: 'main-entry',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\/index\.js$/ }, () => ({ path, external: true }));
    },
  };
}

/** The script is a file for pages without a server of their own, and a text within the module for those with one. */
async function bundleSnippet() {
  const classic = { format: 'iife', splitting: false };
  await bundleOf({ 'snippet.page': 'js/snippet-page.ts' }, { ...classic, outdir: 'dist' });
  const script = readFileSync(join(here, 'dist/snippet.page.js'), 'utf8').trim();
  await bundleOf({ snippet: 'js/snippet.ts' }, { outdir: 'dist', define: { SNIPPET: JSON.stringify(script) } });
}

/** Only the declarations that the public ones reach are published. */
function types() {
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', here], { stdio: 'inherit' });
  const folder = join(here, 'dist/types');
  const published = reached(folder, ['index', 'external', 'slim', 'rank', 'react', 'privacy', 'snippet']);
  for (const name of readdirSync(folder)) if (!published.has(name.replace('.d.ts', ''))) rmSync(join(folder, name));
  for (const name of reached(folder, ['index'])) {
    const text = readFileSync(join(folder, `${name}.d.ts`), 'utf8');
    writeFileSync(join(folder, `${name}.d.cts`), text.replace(/(from '\.\/\w+)\.js'/g, "$1.cjs'"));
  }
}

/** Names of declarations and of all that they import. */
function reached(folder, names, found = new Set()) {
  for (const name of names.filter((name) => !found.has(name))) {
    const text = readFileSync(join(folder, `${name}.d.ts`), 'utf8');
    const imported = [...text.matchAll(/(?:from |import\()['"]\.\/([\w-]+)\.js['"]/g)].map(([, name]) => name);
    reached(folder, imported, found.add(name));
  }
  return found;
}

/** A byte too many is a mistake like any other: the build says so and fails. */
function keepBudget() {
  if (!binaryen) return;
  const budget = JSON.parse(readFileSync(join(here, 'size-budget.json'), 'utf8'));
  const sizes = measure();
  const over = Object.entries(budget).filter(([name, bytes]) => !(sizes[name].brotli <= bytes));
  for (const [name, bytes] of over) console.error(`${name}: ${sizes[name].brotli} bytes, and ${bytes} are allowed`);
  if (over.length) throw new Error('the package is larger than size-budget.json allows: see above');
}
