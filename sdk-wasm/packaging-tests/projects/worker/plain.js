import * as entry from '/node_modules/bowerbird/dist/index.js';
import { visit } from '/visit.js';

visit(entry).then(postMessage);
