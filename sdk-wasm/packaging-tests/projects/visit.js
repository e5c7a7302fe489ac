/** What every page does with the package: one event before `init`, one list. Answers where the list was arranged. */
export async function visit({ init, track, rank }) {
  const { project, collector } = Object.fromEntries(new URLSearchParams(location.search));
  track('click', { itemId: '1' });
  const tracker = init({ trackingId: project, endpoint: collector, campaign: 'films' });
  await tracker.ready;
  return rank(['1', '2']).where;
}

/** The same without a tracker. */
export async function visitRanker({ openRanker }) {
  const { collector } = Object.fromEntries(new URLSearchParams(location.search));
  const ranker = openRanker({ endpoint: collector, campaign: 'films', onError: console.error });
  ranker.observe('1');
  await ranker.ready;
  return ranker.rank(['1', '2']).where;
}

/** The test reads the title of the page. */
export async function show(where) {
  document.title = await where;
}
