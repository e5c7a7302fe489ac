import * as entry from 'bowerbird/rank';
import { show, visitRanker } from '../visit.js';

show(visitRanker(entry));
