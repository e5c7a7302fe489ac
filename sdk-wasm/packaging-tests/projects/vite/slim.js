import * as entry from 'bowerbird/slim';
import ranker from 'bowerbird/ranker.wasm?url';
import tracker from 'bowerbird/tracker.wasm?url';
import { show, visit } from '../visit.js';

entry.setWasm({ tracker: fetch(tracker), ranker: fetch(ranker) });
show(visit(entry));
