import Plausible from 'plausible-tracker';

let plausible;

export function init({ endpoint }) {
  plausible = Plausible({ domain: 'localhost', apiHost: endpoint, trackLocalhost: true });
}

export function track(name, props) {
  plausible.trackEvent(name, { props });
}
