/** Where the page finds its server: `config.json` beside it, or the address bar. */

export interface Config {
  /** Key of the event tracker. */
  trackingId: string;
  /** Name of the campaign whose vector pack the page downloads. */
  campaign: string;
  /** Origin of the server, without a slash at the end. */
  endpoint: string;
}

type Written = Partial<Record<keyof Config, string>>;

/**
 * Reads `./config.json` and lets `?trackingId=`, `?campaign=` and `?endpoint=` win over it.
 *
 * Rejects with a sentence for the visitor when neither names a tracker and a campaign.
 */
export async function readConfig(): Promise<Config> {
  const query: Written = Object.fromEntries(new URLSearchParams(location.search));
  const complete = query.trackingId && query.campaign;
  const written = { ...(complete ? {} : await readFile()), ...query };
  const { trackingId, campaign, endpoint = location.origin } = written;
  if (!trackingId) throw new Error('No tracking id: config.json names none, and the address has no ?trackingId=.');
  if (!campaign) throw new Error('No campaign: config.json names none, and the address has no ?campaign=.');
  return { trackingId, campaign, endpoint: endpoint.replace(/\/+$/, '') };
}

async function readFile(): Promise<Written> {
  const answer = await fetch('./config.json', { cache: 'no-store' }).catch(() => null);
  if (!answer) throw new Error(`The server at ${location.origin} does not answer.`);
  if (!answer.ok) throw new Error(`There is no config.json beside this page (status ${answer.status}).`);
  return (await answer.json().catch(() => {
    throw new Error('config.json is not JSON.');
  })) as Written;
}
