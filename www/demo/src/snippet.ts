/** The code that a stranger would paste, with the names that this page itself uses. */

import type { Config } from './config.js';
import { byId } from './dom.js';

export function showSnippet({ trackingId, campaign, endpoint }: Config): void {
  byId('snippet').textContent = `import { init, rank, track } from 'bowerbird';

const { ready } = init({
  trackingId: '${trackingId}',
  campaign: '${campaign}',
  endpoint: '${endpoint}',
});
await ready;

// A click: kept at once, sent when there is a network.
track('watch', { itemId: '1214' });

// The next order: no request, no waiting.
const { items } = rank(['1214', '260', '1036'], { seen: 'exclude' });
`;
}
