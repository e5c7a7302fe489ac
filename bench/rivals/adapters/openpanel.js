import { OpenPanel } from '@openpanel/web';

let panel;

export function init({ endpoint }) {
  panel = new OpenPanel({ apiUrl: endpoint, clientId: 'shop' });
}

export function track(name, properties) {
  panel.track(name, properties);
}
