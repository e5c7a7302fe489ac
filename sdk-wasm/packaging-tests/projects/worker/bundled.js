import { init, rank, track } from 'bowerbird';

addEventListener('message', async ({ data }) => {
  const { project, collector } = Object.fromEntries(new URLSearchParams(data));
  track('click', { itemId: '1' });
  const tracker = init({ trackingId: project, endpoint: collector, campaign: 'films' });
  await tracker.ready;
  postMessage(rank(['1', '2']).where);
});
