import { AnalyticsBrowser } from '@segment/analytics-next';

let analytics;

export async function init({ endpoint }) {
  const service = {
    apiKey: 'key',
    apiHost: `${new URL(endpoint).host}/v1`,
    protocol: 'http',
    deliveryStrategy: { strategy: 'standard', config: { keepalive: true } },
  };
  const integrations = { 'Segment.io': service };
  analytics = AnalyticsBrowser.load({ writeKey: 'key', cdnSettings: { integrations } }, { integrations });
  await analytics;
}

export function track(name, properties) {
  analytics.track(name, properties);
}
