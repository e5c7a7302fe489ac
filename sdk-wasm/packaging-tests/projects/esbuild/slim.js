import * as entry from 'bowerbird/slim';
import ranker from 'bowerbird/ranker.wasm';
import tracker from 'bowerbird/tracker.wasm';
import { show, visit } from '../visit.js';

entry.setWasm({ tracker, ranker });
show(visit(entry));
