// `npm run fuzz -- [TARGET…] [SECONDS]` looks for bytes on which a program of fuzz/ fails: every target for a minute, two
// at a time, or the named ones for as long as is said. What was found before (fuzz/crashers) is tried first, and again in
// every `npm test`. What is learned about interesting inputs is kept in target/fuzz/corpus.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { output, root, run } from './processes.mjs';

const SECONDS = 60;
const AT_A_TIME = 2;
/** What an input may have. Longer ones say nothing that shorter ones do not, and are slower. */
const MAX_BYTES = 8192;
const INSTRUMENTATION = [
  '-Cpasses=sancov-module',
  ...['level=4', 'inline-8bit-counters', 'pc-table', 'trace-compares'].map(
    (option) => `-Cllvm-args=-sanitizer-coverage-${option}`,
  ),
  '--cfg=fuzzing',
];

const targetDir = join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'fuzz');
const all = readdirSync(join(root, 'fuzz/targets')).map((file) => file.replace('.rs', ''));

async function main(words) {
  const seconds = Number(words.find((word) => /^\d+$/.test(word)) ?? SECONDS);
  const named = words.filter((word) => !/^\d+$/.test(word));
  const unknown = named.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new Error(`no target ${unknown.join(', ')}: there are ${all.join(', ')}`);
  const programs = await build();
  const waiting = named.length > 0 ? named : all;
  const failed = [];
  const work = async () => {
    for (let name = waiting.shift(); name; name = waiting.shift()) {
      if (!(await fuzz(programs, name, seconds))) failed.push(name);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  if (failed.length > 0) throw new Error(`failed: ${failed.join(', ')}`);
}

/** Resolves to the folder of the programs. */
async function build() {
  // With a target triple the flags do not reach build scripts and macros, which could not run with them.
  const host = /host: (\S+)/.exec(output(['rustc', '-vV']))[1];
  const args = [
    'build',
    '--release',
    '--manifest-path',
    'fuzz/Cargo.toml',
    '--target',
    host,
    '--target-dir',
    targetDir,
  ];
  const env = { RUSTFLAGS: INSTRUMENTATION.join(' ') };
  if ((await run(['cargo', ...args], { env })) !== 0) throw new Error('the programs of fuzz/ do not build');
  return join(targetDir, host, 'release');
}

async function fuzz(programs, name, seconds) {
  const program = join(programs, name);
  const crashers = files(`fuzz/crashers/${name}`);
  if (crashers.length > 0 && !(await libfuzzer(name, program, crashers))) return false;
  const corpus = join(targetDir, 'corpus', name);
  mkdirSync(corpus, { recursive: true });
  const found = join(root, 'fuzz/crashers', name);
  mkdirSync(found, { recursive: true });
  const seeds = join(root, 'fuzz/seeds', name);
  const dictionary = join(root, `fuzz/${name}.dict`);
  return libfuzzer(name, program, [
    `-max_total_time=${seconds}`,
    `-max_len=${MAX_BYTES}`,
    '-timeout=10',
    '-rss_limit_mb=1024',
    `-artifact_prefix=${found}/`,
    ...(existsSync(dictionary) ? [`-dict=${dictionary}`] : []),
    corpus,
    ...(existsSync(seeds) ? [seeds] : []),
  ]);
}

/** Says in one line how it went, or all that the program said when it failed. */
function libfuzzer(name, program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-20_000)));
    child.on('close', (code) => {
      const done = /^Done .*$/m.exec(said)?.[0] ?? 'what was found before';
      console.log(code === 0 ? `${name}: ${done}` : `${said}\n${name}: FAILED`);
      resolve(code === 0);
    });
  });
}

function files(folder) {
  const path = join(root, folder);
  return existsSync(path) ? readdirSync(path).map((file) => join(path, file)) : [];
}

await main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
