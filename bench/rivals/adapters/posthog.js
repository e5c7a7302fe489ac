import posthog from 'posthog-js';

export function init({ endpoint }) {
  return new Promise((loaded) =>
    posthog.init('key', {
      api_host: endpoint,
      persistence: 'localStorage',
      autocapture: false,
      capture_pageview: false,
      capture_pageleave: false,
      disable_session_recording: true,
      disable_surveys: true,
      disable_external_dependency_loading: true,
      advanced_disable_flags: true,
      opt_out_useragent_filter: true,
      // By default it drops what comes faster than 10 a second.
      rate_limiting: { events_per_second: 100_000, events_burst_limit: 1_000_000 },
      loaded,
    }),
  );
}

export function track(name, properties) {
  posthog.capture(name, properties);
}
