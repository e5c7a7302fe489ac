import * as entry from 'bowerbird';
import { show, visit } from '../visit.js';

show(visit(entry));
