import { jitsuAnalytics } from '@jitsu/js';

let analytics;

export function init({ endpoint }) {
  analytics = jitsuAnalytics({ host: endpoint, writeKey: 'shop:key' });
}

export function track(name, properties) {
  analytics.track(name, properties);
}
