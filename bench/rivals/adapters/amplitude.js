import * as amplitude from '@amplitude/analytics-browser';

export function init({ endpoint }) {
  addEventListener('pagehide', () => {
    amplitude.setTransport('beacon');
    amplitude.flush();
  });
  return amplitude.init('0'.repeat(32), undefined, {
    serverUrl: `${endpoint}/2/httpapi`,
    autocapture: false,
    remoteConfig: { fetchRemoteConfig: false },
    enableDiagnostics: false,
    enableRequestBodyCompression: true,
    // 5 by default, after which events are dropped.
    flushMaxRetries: 1000,
    logLevel: 0,
  }).promise;
}

export function track(name, properties) {
  amplitude.track(name, properties);
}
