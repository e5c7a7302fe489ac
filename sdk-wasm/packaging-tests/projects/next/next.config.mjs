import { fileURLToPath } from 'node:url';

export default {
  // The packages lie further up than the project.
  turbopack: { root: fileURLToPath(new URL('../..', import.meta.url)) },
};
