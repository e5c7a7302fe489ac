import * as entry from 'bowerbird/external';
import { show, visit } from '../visit.js';

show(visit(entry));
