import { type ErrorCode, MkbaseError } from '../errors.ts';
import { backoff } from '../fetch/retry.ts';
import { RegistryError } from './failure.ts';
import type { Session } from './session.ts';

/** How often a request is sent whose failure may be over soon. */
const ATTEMPTS: Readonly<Partial<Record<ErrorCode, number>>> = {
  'registry/server-error': 5,
  'registry/too-many-requests': 6,
  'registry/cut': 5,
  'registry/upload-lost': 5,
  'registry/digest-invalid': 5,
  'registry/timeout': 2,
  'registry/refused': 3,
  'registry/dns': 2,
};

/** Does `work` again, after a growing and random wait, while it fails for a reason that may pass. */
export async function withRetries<T>(session: Session, work: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await work();
    } catch (error) {
      await pauseAfter(error, attempts, session);
    }
  }
}

/** Waits until it makes sense to try again; throws the error where it does not. */
export async function pauseAfter(
  error: unknown,
  attempts: number,
  { transport, sleep, random, signal }: Session,
): Promise<void> {
  if (!(error instanceof RegistryError) || attempts >= (ATTEMPTS[error.code] ?? 1)) throw error;
  const wait = backoff({ attempts, retryAfter: error.retryAfter, random: random() });
  if (wait === null) throw error;
  transport.log(`${error.code}: again in ${Math.round(wait)}ms`);
  await sleep(wait).catch(() => {
    throw signal.aborted ? new MkbaseError('interrupted/signal', 'interrupted') : error;
  });
}
