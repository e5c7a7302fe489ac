// MovieLens as GroupLens publishes it → the two CSV files that the server imports.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { root, runQuietly } from '../processes.mjs';

const ARCHIVE = 'data/ml-latest-small/ml-latest-small.tar.xz';
const NO_GENRES = '(no genres listed)';

export const SCHEMAS = {
  Interactions: [
    { name: 'USER_ID', type: 'string' },
    { name: 'ITEM_ID', type: 'string' },
    { name: 'TIMESTAMP', type: 'long' },
    { name: 'EVENT_TYPE', type: 'string' },
  ],
  Items: [
    { name: 'ITEM_ID', type: 'string' },
    { name: 'TITLE', type: 'string' },
    { name: 'GENRES', type: ['null', 'string'], categorical: true },
    { name: 'YEAR', type: ['null', 'int'] },
  ],
};

/** Writes the files unless they are there; resolves to their paths by dataset type. */
export async function prepare(folder) {
  const paths = { Interactions: join(folder, 'interactions.csv'), Items: join(folder, 'items.csv') };
  if (Object.values(paths).every((path) => existsSync(path))) return paths;
  const raw = join(folder, 'raw');
  mkdirSync(raw, { recursive: true });
  await runQuietly(['python3', 'scripts/demo/unpack.py', join(root, ARCHIVE), raw]);
  writeWhole(paths.Items, items(readFileSync(join(raw, 'movies.csv'), 'utf8')));
  writeWhole(paths.Interactions, interactions(readFileSync(join(raw, 'ratings.csv'), 'utf8')));
  return paths;
}

/** `movieId,title,genres` → `ITEM_ID,TITLE,GENRES,YEAR`; the year moves out of the title. */
export function items(movies) {
  const rows = parseCsv(movies)
    .slice(1)
    .map(([id, titleAndYear, genres]) => {
      const [, title, year] = /^(.*?)\s*(?:\((\d{4})\))?\s*$/s.exec(titleAndYear);
      return [id, quote(title), genres === NO_GENRES ? '' : quote(genres), year ?? ''].join(',');
    });
  return ['ITEM_ID,TITLE,GENRES,YEAR', ...rows, ''].join('\n');
}

/** `userId,movieId,rating,timestamp` → one `watch` for every rating. */
export function interactions(ratings) {
  const rows = parseCsv(ratings)
    .slice(1)
    .map(([user, item, , timestamp]) => `${user},${item},${timestamp},watch`);
  return ['USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE', ...rows, ''].join('\n');
}

function quote(text) {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows of cells. Quotes double inside quotes; lines end in \n or \r\n. */
export function parseCsv(text) {
  return text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) =>
      line.includes('"')
        ? [...`,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
            ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain,
          )
        : line.split(','),
    );
}

/** A file that is there is a file that is whole. */
function writeWhole(path, text) {
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}
