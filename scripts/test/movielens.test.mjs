import assert from 'node:assert/strict';
import test from 'node:test';

import { interactions, items, parseCsv } from '../demo/movielens.mjs';

test('the year moves out of the title', () => {
  const movies =
    'movieId,title,genres\r\n1,Toy Story (1995),Animation|Comedy\r\n40697,Babylon 5,Sci-Fi\r\n7,Dead (2014) ,War\r\n';
  assert.equal(
    items(movies),
    'ITEM_ID,TITLE,GENRES,YEAR\n1,Toy Story,Animation|Comedy,1995\n40697,Babylon 5,Sci-Fi,\n7,Dead,War,2014\n',
  );
});

test('a title with a comma or a quote survives', () => {
  const movies =
    'movieId,title,genres\n11,"American President, The (1995)",Drama\n7789,"11\'09""01 - September 11 (2002)",(no genres listed)\n';
  assert.equal(
    items(movies),
    'ITEM_ID,TITLE,GENRES,YEAR\n11,"American President, The",Drama,1995\n7789,"11\'09""01 - September 11",,2002\n',
  );
});

test('every rating is one watch', () => {
  assert.equal(
    interactions('userId,movieId,rating,timestamp\r\n1,2,4.0,964982703\r\n'),
    'USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE\n1,2,964982703,watch\n',
  );
});

test('empty cells stay, quoted or not', () => {
  assert.deepEqual(parseCsv('a,,"b,""c",\n,"",x'), [
    ['a', '', 'b,"c', ''],
    ['', '', 'x'],
  ]);
});
