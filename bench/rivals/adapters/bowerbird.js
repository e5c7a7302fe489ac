// Ours, with its defaults.
import * as bowerbird from 'bowerbird';

export function init({ endpoint, trackingId = 'shop' }) {
  bowerbird.init({ endpoint, trackingId });
}

export function track(eventType, { itemId, ...properties }) {
  bowerbird.track(eventType, { itemId, properties });
}
