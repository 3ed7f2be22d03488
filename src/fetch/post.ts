import { setTimeout as pause } from 'node:timers/promises';
import fetch from 'node-fetch';
import { MkbaseError } from '../errors.ts';
import { parseAddress } from './address.ts';
import { createAgents } from './agent.ts';
import { connectionFailure, statusFailure } from './failure.ts';
import { backoff, parseRetryAfter } from './retry.ts';

export interface PostOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Proxies are read from here. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly sleep?: (milliseconds: number) => Promise<unknown>;
}

const ATTEMPTS = 4;
/** Milliseconds for one attempt: the receiver of a notice has nothing to compute. */
const PATIENCE = 10_000;

/**
 * Sends a body, again where the other side is down or busy. A redirect is not followed: a body signed
 * for one place is not sent to another.
 *
 * @throws MkbaseError `network/…`
 */
export async function post(url: string, body: Buffer, options: PostOptions): Promise<void> {
  const sleep =
    options.sleep ?? ((milliseconds) => pause(milliseconds, undefined, { signal: options.signal }));
  for (let attempts = 1; ; attempts++) {
    const failed = await attempt(url, body, options);
    if (failed === null) return;
    const wait =
      failed.again && attempts < ATTEMPTS
        ? backoff({ attempts, retryAfter: failed.retryAfter, random: Math.random() })
        : null;
    if (wait === null) throw failed.error;
    await sleep(wait);
  }
}

interface Failed {
  readonly error: MkbaseError;
  readonly again: boolean;
  /** Milliseconds. */
  readonly retryAfter: number | null;
}

async function attempt(
  text: string,
  body: Buffer,
  { headers, env, signal }: PostOptions,
): Promise<Failed | null> {
  const { url, authorization } = parseAddress(text);
  const failed = (failure: { code: MkbaseError['code']; reason: string; hint: string }, cause?: unknown) =>
    new MkbaseError(failure.code, `cannot notify \`${url.origin}\`: ${failure.reason}`, {
      hint: failure.hint,
      cause,
    });
  try {
    const { agent } = await createAgents({ env, connections: 1, connectTimeout: PATIENCE })(url);
    const response = await fetch(url, {
      ...{ method: 'POST', body, agent, redirect: 'manual' },
      headers: { ...headers, 'user-agent': 'mkbase', ...(authorization !== null && { authorization }) },
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
    });
    if (response.body !== null) await pass(response.body);
    if (response.ok) return null;
    const { status } = response;
    const again = status >= 500 || status === 408 || status === 429;
    const retryAfter = parseRetryAfter(response.headers.get('retry-after'), Date.now());
    return {
      error: failed({ ...statusFailure(status), hint: 'check the address of the webhook' }),
      again,
      retryAfter,
    };
  } catch (error) {
    signal.throwIfAborted();
    return { error: failed(connectionFailure(error, url.host), error), again: true, retryAfter: null };
  }
}

/** Bytes of an answer of which nothing is wanted: enough for any word of thanks. */
const LONGEST_ANSWER = 2 ** 16;

/** Reads an answer to its end, so that the other side has said it all; one that does not end is left. */
async function pass(answer: AsyncIterable<string | Buffer>): Promise<void> {
  let size = 0;
  try {
    for await (const piece of answer) {
      size += piece.length;
      if (size > LONGEST_ANSWER) return;
    }
  } catch {
    // The status came before, and is all that counts.
  }
}
