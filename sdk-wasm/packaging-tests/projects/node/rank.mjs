import { openRanker } from 'bowerbird/rank';

const ranker = openRanker({ endpoint: process.argv[2], campaign: 'films' });
await ranker.ready;
console.log(ranker.rank(['1', '2']).where);
ranker.close();
