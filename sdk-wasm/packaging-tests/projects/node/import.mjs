import { init, rank, track } from 'bowerbird';
import * as external from 'bowerbird/external';
import { useRank } from 'bowerbird/react';
import * as slim from 'bowerbird/slim';
import { snippet } from 'bowerbird/snippet';

slim.setWasm({});
for (const entry of [{ init }, external, slim]) entry.init({ trackingId: 'node' });
console.log(typeof track('click'), rank(['1']).where, typeof useRank, snippet('/b.js').startsWith('<script'));
