import type { Reference } from '../image/reference.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { type Credentials, findCredentials } from './credentials.ts';
import { type Complaint, type Failure, RegistryError, refused } from './failure.ts';
import type { Session } from './session.ts';
import { printableText } from './text.ts';
import { basic, fetchToken, type Token } from './token.ts';

/** Answers a registry that asks who is there. */
export interface Authorizer {
  /** What a request is sent with from the start, as far as is known; null for nothing. */
  authorization(alsoPull: string | undefined): Promise<string | null>;
  /** What to send after a 401; null where there is nothing that was not refused already. */
  answer(challenge: string, context: ChallengeContext): Promise<string | null>;
  /** What a 401 means that comes in spite of it. */
  explain(error: RegistryError): Promise<RegistryError>;
}

export interface ChallengeContext {
  /** Of the registry. */
  readonly base: URL;
  /** What the refused request was sent with. */
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
  const tokens = new Map<string, Promise<Token>>();

  const credentials = () => {
    const { env, signal, authFile } = session;
    found ??= findCredentials(reference, { env, signal, authFile });
    return found;
  };
  const bearer = async (challenge: Challenge, base: URL, alsoPull: string | undefined) => {
    const others = alsoPull === undefined ? [] : [`repository:${alsoPull}:pull`];
    const scopes = [`repository:${reference.path}:${ACTIONS[access]}`, ...others];
    const key = scopes.join(' ');
    const kept = tokens.get(key);
    const isOld = kept !== undefined && (await kept).renewAt <= session.transport.now();
    // Of several requests that find it old, the first renews it.
    if (isOld && tokens.get(key) === kept) tokens.delete(key);
    const request = { challenge, scopes, base, name };
    const token =
      tokens.get(key) ?? credentials().then((user) => fetchToken({ ...request, credentials: user }, session));
    tokens.set(key, token);
    token.catch(() => tokens.delete(key));
    return `Bearer ${(await token).value}`;
  };
  const authorize = async (alsoPull: string | undefined) => {
    if (known === null) return null;
    const { challenge, base } = known;
    return challenge.scheme === 'basic' ? basic(await credentials()) : bearer(challenge, base, alsoPull);
  };

  return {
    authorization: authorize,
    async answer(header, { base, rejected, alsoPull }) {
      const challenges = parseChallenges(header);
      const challenge =
        challenges.find(({ scheme }) => scheme === 'bearer') ??
        challenges.find(({ scheme }) => scheme === 'basic');
      if (challenge === undefined)
        throw new RegistryError(unknownScheme(challenges), `log in to \`${name}\``);
      known = { challenge, base };
      // A token that the registry takes no longer; another request may have renewed it meanwhile.
      for (const [key, token] of tokens) {
        const value = await token.then(
          (kept) => kept.value,
          () => null,
        );
        if (`Bearer ${value}` === rejected) tokens.delete(key);
      }
      const next = await authorize(alsoPull);
      return next === rejected ? null : next;
    },
    async explain({ status, complaints, task }) {
      const failure = (await credentials()) === null ? NOBODY : notAccepted(complaints);
      return new RegistryError(failure, task, { status: status ?? 401, complaints });
    },
  };
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
