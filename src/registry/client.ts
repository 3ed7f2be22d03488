import { parseRetryAfter } from '../fetch/retry.ts';
import type { Authorizer } from './authorization.ts';
import { type Answer, type Call, exchange } from './exchange.ts';
import { type Complaint, RegistryError, refused } from './failure.ts';
import { withRetries } from './retry.ts';
import type { Session } from './session.ts';

/** Registries do not agree on which of these they answer with; docker and containerd take any. */
export const SUCCESS: readonly number[] = [200, 201, 202, 203, 204, 205];

/** A request below a repository. */
export interface Ask extends Omit<Call, 'url' | 'task'> {
  /** Relative to `/v2/REPOSITORY/`, or an address that the registry gave. */
  readonly at: string | URL;
  /** The failed task for an error message, after "cannot". */
  readonly task: string;
  /** Statuses that count as success. */
  readonly good: readonly number[];
  /** A second repository that is read from. */
  readonly alsoPull?: string;
}

/** Speaks with one repository of a registry. */
export interface Client {
  /** `registry.example:5000/team/base` */
  readonly name: string;
  readonly session: Session;
  /** Sends it once, or twice where the registry asks who is there. */
  ask(request: Ask): Promise<Answer>;
  /** The same, and again while a failure may pass. */
  insist(request: Ask): Promise<Answer>;
}

export interface ClientOptions {
  readonly name: string;
  /** The repository within the registry. */
  readonly path: string;
  readonly endpoint: () => Promise<URL>;
  readonly authorizer: Authorizer;
  readonly session: Session;
}

/**
 * Requests about one repository, asked again where the registry wants another token; `insist` retries them.
 */
export function createClient({ name, path, endpoint, authorizer, session }: ClientOptions): Client {
  let door: Promise<string | null> | null = null;
  const ask = async ({ at, good, alsoPull, ...rest }: Ask): Promise<Answer> => {
    const base = await endpoint();
    const url = typeof at === 'string' ? new URL(`v2/${path}/${at}`, base) : at;
    const call: Call = { ...rest, url };
    // Whoever else serves uploads for the registry knows nothing of its accounts.
    const isOurs = url.origin === base.origin;
    const authorization = isOurs ? await authorizer.authorization(alsoPull) : null;
    const first = await exchange(call, authorization, session);
    let challenge = first.status === 401 ? first.header('www-authenticate') : null;
    if (challenge === null && isOurs && authorization === null && STRANGERS.includes(first.status)) {
      door ??= challengeAtTheDoor(base, call, session);
      challenge = await door;
    }
    const isGood = good.includes(first.status);
    if (isGood && challenge === null) return first;
    const error = await refusal(first, call, session);
    if (!isOurs || challenge === null) throw error;
    const other = await authorizer.answer(challenge, { base, rejected: authorization, alsoPull });
    if (other === null && isGood) return first;
    if (other === null) throw await authorizer.explain(error);
    const second = await exchange(call, other, session);
    if (good.includes(second.status)) return second;
    const next = await refusal(second, call, session);
    throw second.status === 401 ? await authorizer.explain(next) : next;
  };
  return { name, session, ask, insist: (request) => withRetries(session, () => ask(request)) };
}

/** Statuses that an anonymous request may get where only `/v2/` asks for credentials. */
const STRANGERS: readonly number[] = [401, 403, 404];

/** docker, podman and crane begin at `/v2/`, so some registries ask there and nowhere else who is there. */
async function challengeAtTheDoor(base: URL, { task }: Call, session: Session): Promise<string | null> {
  const call: Call = { method: 'GET', url: new URL('v2/', base), task };
  const answer = await exchange(call, null, session).catch((error: unknown) => {
    // The first answer says more than this failure.
    if (error instanceof RegistryError) return null;
    throw error;
  });
  await answer?.discard();
  return answer?.status === 401 ? answer.header('www-authenticate') : null;
}

/** The error of an answer. */
async function refusal(answer: Answer, { task }: Call, session: Session): Promise<RegistryError> {
  const { status } = answer;
  const isText = /^text\/plain/i.test(answer.header('content-type') ?? '');
  const text = await beginningOf(answer);
  const complaints = isText ? [{ code: '', message: text, detail: '' }] : complaintsOf(text);
  const retryAfter = parseRetryAfter(answer.header('retry-after'), session.transport.now());
  return new RegistryError(refused(status, complaints, retryAfter), task, { status, complaints, retryAfter });
}

const LONGEST_COMPLAINT = 65_536;

/** The beginning of the body; a connection that is cut meanwhile loses only the reason. */
async function beginningOf(answer: Answer): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of answer.body) {
      pieces.push(piece);
      length += piece.length;
      if (length > LONGEST_COMPLAINT) break;
    }
  } catch {
    // The status says enough.
  }
  await answer.discard();
  return Buffer.concat(pieces).toString();
}

function detailText(detail: unknown): string {
  if (typeof detail === 'string') return detail;
  const isEmpty = typeof detail !== 'object' || detail === null || Object.keys(detail).length === 0;
  return isEmpty ? '' : JSON.stringify(detail);
}

function complaintsOf(text: string): Complaint[] {
  try {
    const { errors } = JSON.parse(text) as { readonly errors?: unknown };
    if (!Array.isArray(errors)) return [];
    return errors.map((error: Partial<Record<keyof Complaint, unknown>> | null) => ({
      code: typeof error?.code === 'string' ? error.code : '',
      message: typeof error?.message === 'string' ? error.message : '',
      detail: detailText(error?.detail),
    }));
  } catch {
    return [];
  }
}
