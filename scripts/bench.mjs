// `npm run bench -- NAME …` runs bench/NAME.mjs, prints its table and writes bench-out/NAME.json.
// A benchmark exports `run(options)`, which gets what follows the name and resolves to { title, columns, rows }.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { table } from './console.mjs';
import { root } from './processes.mjs';

const folder = join(root, 'bench');
const [name, ...options] = process.argv.slice(2);
const file = join(folder, `${name}.mjs`);
if (!name || !existsSync(file)) {
  const names = readdirSync(folder)
    .filter((one) => one.endsWith('.mjs'))
    .map((one) => one.slice(0, -4));
  console.error(`usage: npm run bench -- NAME, where NAME is one of: ${names.join(', ')}`);
  process.exit(1);
}
const { run } = await import(pathToFileURL(file).href);
const { title, columns, rows } = await run(options);
const machine = `${os.cpus().length} × ${os.cpus()[0]?.model.trim() ?? 'unknown'}, ${os.platform()} ${os.arch()}, Node ${process.versions.node}`;
console.log(`${title}\n${machine}\n\n${table(columns, rows)}`);
mkdirSync(join(root, 'bench-out'), { recursive: true });
const records = rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]])));
writeFileSync(
  join(root, 'bench-out', `${name}.json`),
  `${JSON.stringify({ title, machine, at: new Date().toISOString(), rows: records }, null, 2)}\n`,
);
