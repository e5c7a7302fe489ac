import { newTracker, trackSelfDescribingEvent } from '@snowplow/browser-tracker';

export function init({ endpoint }) {
  newTracker('shop', endpoint, {
    appId: 'shop',
    eventMethod: 'post',
    stateStorageStrategy: 'cookieAndLocalStorage',
    bufferSize: 1,
    maxLocalStorageQueueSize: 5000,
  });
}

export function track(name, data) {
  trackSelfDescribingEvent({ event: { schema: `iglu:org.example/${name}/jsonschema/1-0-0`, data } });
}
