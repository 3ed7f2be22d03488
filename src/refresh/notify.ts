/** Tells others of a change or a failure. */
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { MkbaseError } from '../errors.ts';
import { post } from '../fetch/post.ts';
import { eventOf, type Outcome } from './outcome.ts';

export interface WebhookOptions {
  readonly url: string;
  /** Signs the body as GitHub's webhooks do; null signs nothing. */
  readonly secret: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Whether the outcome is sent. */
export function isNews({ result }: Outcome): boolean {
  return result === 'changed' || result === 'failed';
}

/** POSTs the outcome as JSON. */
export async function callWebhook(
  outcome: Outcome,
  { url, secret, env, signal }: WebhookOptions,
): Promise<void> {
  const body = Buffer.from(JSON.stringify(eventOf(outcome)));
  await post(url, body, {
    headers: { 'content-type': 'application/json', ...signature(body, secret) },
    env,
    signal,
  });
}

/** `X-Mkbase-Signature-256: sha256=HEX`, HMAC over the bytes of the body. */
function signature(body: Buffer, secret: string | null): Record<string, string> {
  if (secret === null) return {};
  return { 'x-mkbase-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` };
}

/** Runs the user's command for an image that changed: names in its environment, the outcome as JSON on its input. */
export async function runOnChange(
  outcome: Outcome,
  command: string,
  { env, signal }: Pick<WebhookOptions, 'env' | 'signal'>,
): Promise<void> {
  const child = spawn('/bin/sh', ['-c', command], {
    env: {
      ...env,
      MKBASE_IMAGE: outcome.name,
      MKBASE_DIGEST: outcome.digest ?? '',
      MKBASE_NAMES: outcome.names.join(' '),
    },
    stdio: ['pipe', 'ignore', 'inherit'],
    signal,
  });
  child.stdin.on('error', () => {}); // Nobody has to read it.
  child.stdin.end(JSON.stringify(eventOf(outcome)));
  const [status] = (await once(child, 'exit')) as [number | null];
  if (status === 0) return;
  throw new MkbaseError(
    'host/command-failed',
    `\`${command}\` failed with status ${status} for \`${outcome.name}\``,
    {
      hint: 'the image is pushed; run the command again by hand',
    },
  );
}
