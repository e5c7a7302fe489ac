// The build without "bundled" fetches its queue from a CDN.
import { RudderAnalytics } from '@rudderstack/analytics-js/bundled';

const SOURCE = {
  source: {
    id: 'shop',
    name: 'shop',
    enabled: true,
    writeKey: 'key',
    workspaceId: 'shop',
    config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
    connections: [],
    destinations: [],
    dataplanes: {},
  },
  updatedAt: '2026-01-01T00:00:00Z',
};

const analytics = new RudderAnalytics();

export function init({ endpoint }) {
  return new Promise((onLoaded) =>
    analytics.load('key', endpoint, {
      getSourceConfig: () => SOURCE,
      loadIntegration: false,
      logLevel: 'NONE',
      plugins: ['XhrQueue'],
      storage: { type: 'localStorage', encryption: { version: 'legacy' } },
      queueOptions: { maxItems: 5000, batch: { enabled: true, maxItems: 100, flushInterval: 5000 } },
      onLoaded,
    }),
  );
}

export function track(name, properties) {
  analytics.track(name, properties);
}
