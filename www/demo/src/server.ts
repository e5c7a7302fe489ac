/** The server's own opinion, asked over HTTP as any client would. */

import type { Config } from './config.js';

export interface ServerAnswer {
  /** Ids, best first. */
  order: string[];
  /** From the call to the parsed answer, in microseconds. */
  micros: number;
}

/** GetPersonalizedRanking allows so many items in one call. */
export const MOST_CANDIDATES = 500;

/** Asks GetPersonalizedRanking for this user; rejects with a sentence that can be shown. */
export async function askServer(config: Config, userId: string, candidates: readonly string[]): Promise<ServerAnswer> {
  const campaignArn = `arn:aws:personalize:us-east-1:000000000000:campaign/${config.campaign}`;
  const started = performance.now();
  const answer = await fetch(`${config.endpoint}/personalize-ranking`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ campaignArn, userId, inputList: candidates.slice(0, MOST_CANDIDATES) }),
  });
  const body = (await answer.json().catch(() => ({}))) as {
    personalizedRanking?: { itemId: string }[];
    message?: string;
  };
  if (!answer.ok || !body.personalizedRanking)
    throw new Error(body.message ?? `The server answered with status ${answer.status}.`);
  return { order: body.personalizedRanking.map((item) => item.itemId), micros: (performance.now() - started) * 1000 };
}

/** Looks for the plainest explanation of why no vector pack could be had, or null when the server does offer one. */
export async function diagnose(config: Config): Promise<string | null> {
  const answer = await fetch(`${config.endpoint}/device/campaigns/${encodeURIComponent(config.campaign)}/pack`).catch(
    () => null,
  );
  if (!answer) return `The server at ${config.endpoint} does not answer. This page goes on by itself once it does.`;
  if (answer.ok) return (answer.body?.cancel(), null);
  const body = (await answer.json().catch(() => ({}))) as { message?: string };
  return `The server has no vector pack for the campaign "${config.campaign}": ${body.message ?? `status ${answer.status}`}.`;
}
