import mixpanel from 'mixpanel-browser/src/loaders/loader-module-core';

export function init({ endpoint }) {
  return new Promise((loaded) =>
    mixpanel.init('token', {
      api_host: endpoint,
      persistence: 'localStorage',
      track_pageview: false,
      autocapture: false,
      loaded,
    }),
  );
}

export function track(name, properties) {
  mixpanel.track(name, properties);
}
