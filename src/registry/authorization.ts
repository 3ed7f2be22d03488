import type { Failure } from '../fetch/failure.ts';
import type { Reference } from '../image/reference.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { type Credentials, findCredentials } from './credentials.ts';
import { type Complaint, RegistryError, refused } from './failure.ts';
import type { Session } from './session.ts';
import { printableText } from './text.ts';
import { basic, fetchToken } from './token.ts';
import { createTokenCache } from './token-cache.ts';

/** Answers a registry that asks who is there. */
export interface Authorizer {
  /** The `Authorization` to send with a request from the start, as far as it is known; null for none. */
  authorization(alsoPull: string | undefined): Promise<string | null>;
  /** The `Authorization` to send after a 401; null where all were refused already. */
  answer(challenge: string, context: ChallengeContext): Promise<string | null>;
  /** The error for a 401 in spite of credentials. */
  explain(error: RegistryError): Promise<RegistryError>;
}

export interface ChallengeContext {
  /** The registry's base address. */
  readonly base: URL;
  /** The `Authorization` of the refused request. */
  readonly rejected: string | null;
  readonly alsoPull: string | undefined;
}

export interface AuthorizerOptions {
  readonly reference: Reference;
  readonly access: 'pull' | 'push' | 'delete';
  readonly session: Session;
}

/** distribution's token specification, "Resource Scope". */
const ACTIONS = { pull: 'pull', push: 'pull,push', delete: 'pull,push,delete' } as const;

/**
 * Credentials are looked for only when a registry asks, and tokens are kept until shortly before their
 * end. A challenge names what the one request needs; the token is asked for all that is to follow.
 */
export function createAuthorizer({ reference, access, session }: AuthorizerOptions): Authorizer {
  const name = `${reference.domain}/${reference.path}`;
  let found: Promise<Credentials | null> | null = null;
  let known: { readonly challenge: Challenge; readonly base: URL } | null = null;

  const credentials = () => {
    const { env, signal, authFile } = session;
    found ??= findCredentials(reference, { env, signal, authFile });
    return found;
  };
  const explain = async ({ status, complaints, task }: RegistryError) => {
    const failure = (await credentials()) === null ? NOBODY : notAccepted(complaints);
    return new RegistryError(failure, task, { status: status ?? 401, complaints });
  };
  const tokens = createTokenCache({
    now: session.transport.now,
    async fetch(scopes) {
      const request = { ...known!, scopes, name, credentials: await credentials() };
      return fetchToken(request, session).catch(async (error: unknown) => {
        throw error instanceof RegistryError && error.status === 401 ? await explain(error) : error;
      });
    },
  });
  const authorization = async (alsoPull: string | undefined) => {
    if (known === null) return null;
    const account = await credentials();
    if (account?.kind === 'access') return `Bearer ${account.token}`;
    if (known.challenge.scheme === 'basic') return basic(account);
    const others = alsoPull === undefined ? [] : [`repository:${alsoPull}:pull`];
    return `Bearer ${await tokens.valueFor([`repository:${reference.path}:${ACTIONS[access]}`, ...others])}`;
  };

  return {
    authorization,
    async answer(header, { base, rejected, alsoPull }) {
      known = { challenge: chosen(parseChallenges(header), name), base };
      // Another request may have renewed it meanwhile: then that one is next.
      if (rejected !== null) await tokens.forget(rejected.replace('Bearer ', ''));
      const next = await authorization(alsoPull);
      return next === rejected ? null : next;
    },
    explain,
  };
}

function chosen(challenges: readonly Challenge[], name: string): Challenge {
  for (const wanted of ['bearer', 'basic']) {
    const challenge = challenges.find(({ scheme }) => scheme === wanted);
    if (challenge !== undefined) return challenge;
  }
  throw new RegistryError(unknownScheme(challenges), `log in to \`${name}\``);
}

const NOBODY: Failure = {
  code: 'registry/no-account',
  reason: 'the registry asks for an account, and none is known',
  hint: 'log in with `docker login`, `podman login` or `skopeo login`, or name a file with `--authfile`',
};

/** A token says less than was asked for, or a password is wrong. */
function notAccepted(complaints: readonly Complaint[]): Failure {
  const { reason } = refused(401, complaints);
  return {
    code: 'registry/unauthorized',
    reason: `the account is not accepted: ${reason}`,
    hint: 'log in anew; or this account may not do that there',
  };
}

function unknownScheme(challenges: readonly Challenge[]): Failure {
  const schemes = challenges.map(({ scheme }) => printableText(scheme)).join(', ');
  return {
    code: 'registry/bad-answer',
    reason: `it wants another kind of login than Basic or Bearer: ${schemes || 'none'}`,
    hint: 'check the name of the registry; a proxy may answer in its place',
  };
}
