import EventMetricType from '@mozilla/glean/private/metrics/event';
import Glean from '@mozilla/glean/web';

const event = new EventMetricType(
  { category: 'shop', name: 'event', sendInPings: ['events'], lifetime: 'ping', disabled: false },
  ['mark', 'itemId', 'category', 'label', 'value', 'currency', 'step'],
);

export function init({ endpoint }) {
  Glean.initialize('shop', true, {
    serverEndpoint: endpoint,
    channel: 'nightly',
    appDisplayVersion: '1',
    // 1 by default, which is a request an event.
    maxEvents: 50,
  });
}

export function track(name, properties) {
  event.record(Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, String(value)])));
}
