import type { Failure } from '../fetch/failure.ts';
import { parseRetryAfter } from '../fetch/retry.ts';
import { readBounded } from './bounded.ts';
import type { Challenge } from './challenge.ts';
import type { Credentials } from './credentials.ts';
import { type Call, exchange } from './exchange.ts';
import { RegistryError, refused } from './failure.ts';
import { withRetries } from './retry.ts';
import type { Session } from './session.ts';
import { isToken } from './text.ts';

export interface Token {
  readonly value: string;
  /** Milliseconds since 1970, some time before it expires. */
  readonly renewAt: number;
}

export interface TokenRequest {
  readonly challenge: Challenge;
  /** `repository:team/base:pull,push` */
  readonly scopes: readonly string[];
  /** Null asks for what anyone may do. */
  readonly credentials: Credentials | null;
  /** The registry's address: a token server without TLS is believed only where the registry has none. */
  readonly base: URL;
  /** `registry.example:5000/team/base` */
  readonly name: string;
}

const LARGEST_ANSWER = 2 ** 20;
/** Seconds: distribution's token specification names 60 where nothing is said. */
const USUAL_LIFE = 60;

/**
 * An access token from the server that the challenge names: distribution's token specification, and its
 * OAuth 2 form for identity tokens.
 */
export async function fetchToken(request: TokenRequest, session: Session): Promise<Token> {
  const task = `log in to \`${request.name}\``;
  const { call, authorization } = callOf(request, task);
  const { transport } = session;
  const text = await withRetries(session, async () => {
    const answer = await exchange(call, authorization, session);
    const body = await readBounded(answer, { limit: LARGEST_ANSWER, task });
    if (answer.status === 200) return body.toString();
    // It says 400 to an identity token that has expired, RFC 6749, section 5.2.
    const status = answer.status === 400 ? 401 : answer.status;
    const retryAfter = parseRetryAfter(answer.header('retry-after'), transport.now());
    throw new RegistryError(refused(status, [], retryAfter), task, { status, retryAfter });
  });
  const { token, access_token, expires_in } = parsed(text);
  const value = typeof token === 'string' && token !== '' ? token : access_token;
  if (typeof value !== 'string' || !isToken(value)) throw new RegistryError(NO_TOKEN, task);
  const life = typeof expires_in === 'number' && expires_in > 0 ? expires_in : USUAL_LIFE;
  return { value, renewAt: transport.now() + life * 1000 * 0.8 };
}

function callOf(
  { challenge, scopes, credentials, base }: TokenRequest,
  task: string,
): { readonly call: Call; readonly authorization: string | null } {
  const url = realmOf(challenge, base, task);
  const service = challenge.parameters.get('service');
  if (credentials?.kind === 'identity') {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'mkbase',
      refresh_token: credentials.token,
      scope: scopes.join(' '),
      ...(service !== undefined && { service }),
    });
    const bytes = Buffer.from(form.toString());
    const body = {
      size: bytes.length,
      async *open() {
        yield bytes;
      },
    };
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { call: { method: 'POST', url, task, body, headers }, authorization: null };
  }
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (credentials?.kind === 'password') url.searchParams.set('account', credentials.user);
  return { call: { method: 'GET', url, task }, authorization: basic(credentials) };
}

/** RFC 7617; null for nobody. */
export function basic(credentials: Credentials | null): string | null {
  if (credentials?.kind !== 'password') return null;
  const { user, password } = credentials;
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function realmOf({ parameters }: Challenge, base: URL, task: string): URL {
  const realm = parameters.get('realm') ?? '';
  const url = URL.canParse(realm) ? new URL(realm) : null;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && base.protocol === 'http:');
  if (url !== null && isSafe) return url;
  const failure: Failure = {
    code: 'registry/bad-answer',
    reason: `the registry names no safe server for tokens`,
    hint: 'a registry with TLS must name an https address as its `realm`',
  };
  throw new RegistryError(failure, task);
}

const NO_TOKEN: Failure = {
  code: 'registry/bad-answer',
  reason: 'the answer of its token server holds no token',
  hint: 'see the log of the token server; a proxy may answer in its place',
};

function parsed(text: string): Readonly<Partial<Record<'token' | 'access_token' | 'expires_in', unknown>>> {
  try {
    return (JSON.parse(text) as object | null) ?? {};
  } catch {
    return {};
  }
}
