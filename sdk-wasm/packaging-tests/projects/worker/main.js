import { show } from '../visit.js';

const worker = new Worker(new URL('./bundled.js', import.meta.url), { type: 'module' });
worker.postMessage(location.search);
show(new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data))));
