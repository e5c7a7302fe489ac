/** A server that writes pages: the snippet as text, with the hash of its script in the page's policy. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';

import { script, snippet } from 'bowerbird/snippet';

const hash = createHash('sha256').update(script).digest('base64');
const policy = `script-src 'self' 'sha256-${hash}' 'nonce-page' 'wasm-unsafe-eval'`;
writeFileSync(
  new URL('text.html', import.meta.url),
  `<!doctype html>
<meta http-equiv="Content-Security-Policy" content="${policy}" />
<title>loading</title>
${snippet('/node_modules/bowerbird/dist/index.js')}
<script nonce="page">
  const asked = Object.fromEntries(new URLSearchParams(location.search));
  for (const itemId of ['1', '2', '3']) bowerbird.track('click', { itemId });
  bowerbird.init({ trackingId: asked.project, endpoint: asked.collector, campaign: 'films' });
  bowerbird.loaded.then(({ flush }) => flush()).then(({ accepted }) => (document.title = 'accepted ' + accepted));
</script>
`,
);
