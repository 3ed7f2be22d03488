import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { MkbaseError, reasonOf } from '../errors.ts';
import { withoutEnd } from '../formats/line-end.ts';
import type { Reference } from '../image/reference.ts';
import { askHelper, type HelperAnswer } from './credential-helper.ts';
import { isToken } from './text.ts';

/** The user's credentials at a registry. */
export type Credentials =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  /** Changed into an access token by OAuth 2. */
  | { readonly kind: 'identity'; readonly token: string }
  /** Shown to the registry as it is. */
  | { readonly kind: 'access'; readonly token: string };

export interface CredentialOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Read instead of all others; absolute. */
  readonly authFile: string | null;
}

type AccountFile = {
  readonly auths?: Readonly<Record<string, Account>>;
  readonly credHelpers?: Readonly<Record<string, unknown>>;
  readonly credsStore?: unknown;
};

type Account = Readonly<
  Partial<Record<'auth' | 'username' | 'password' | 'identitytoken' | 'registrytoken', unknown>>
> | null;

/** The name that Docker Hub has in files of accounts. */
const HUB = 'https://index.docker.io/v1/';

/**
 * The credentials for a repository, from the first file that has some: containers-auth.json(5) and
 * docker's `config.json`. In a file, a helper for the registry comes first, then the accounts, of which
 * the one for the longest part of the name counts, then the store for all registries.
 *
 * @throws MkbaseError `registry/credential-file`, `registry/credential-helper`
 */
export async function findCredentials(
  reference: Reference,
  options: CredentialOptions,
): Promise<Credentials | null> {
  for (const path of accountFiles(options)) {
    const file = await readAccounts(path, { required: path === options.authFile });
    const found = file === null ? null : await credentialsIn(file, { path, reference, options });
    if (found !== null) return found;
  }
  return null;
}

/** Where accounts are looked for, as skopeo and docker do. */
export function accountFiles({ env, authFile }: Omit<CredentialOptions, 'signal'>): string[] {
  if (authFile !== null) return [authFile];
  if (isSet(env.REGISTRY_AUTH_FILE)) return [env.REGISTRY_AUTH_FILE];
  const home = isSet(env.HOME) ? env.HOME : homedir();
  const config = isSet(env.XDG_CONFIG_HOME) ? env.XDG_CONFIG_HOME : join(home, '.config');
  return [
    ...(isSet(env.DOCKER_CONFIG) ? [join(env.DOCKER_CONFIG, 'config.json')] : []),
    ...(isSet(env.XDG_RUNTIME_DIR) ? [join(env.XDG_RUNTIME_DIR, 'containers/auth.json')] : []),
    join(config, 'containers/auth.json'),
    ...(isSet(env.DOCKER_CONFIG) ? [] : [join(home, '.docker/config.json')]),
  ];
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

async function readAccounts(
  path: string,
  { required }: { readonly required: boolean },
): Promise<AccountFile | null> {
  try {
    // An empty file is what a tool leaves that has made it before it writes it: docker and skopeo take it.
    const file: unknown = JSON.parse((await readFile(path, 'utf8')).trim() || '{}');
    if (typeof file === 'object' && file !== null && !Array.isArray(file)) return file;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another user's file is none of ours, unless it was named.
    if (!required && (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES')) return null;
    // The text of a file of secrets is not quoted, which a syntax error does.
    throw unusable(path, error instanceof SyntaxError ? 'it is not JSON' : reasonOf(error));
  }
  throw unusable(path, 'it is no JSON object');
}

interface Search {
  readonly path: string;
  readonly reference: Reference;
  readonly options: CredentialOptions;
}

async function credentialsIn(
  file: AccountFile,
  { path, reference, options }: Search,
): Promise<Credentials | null> {
  const { domain } = reference;
  const server = domain === 'docker.io' ? HUB : domain;
  const ask = async (name: unknown) => {
    if (typeof name !== 'string') throw unusable(path, 'the name of a credential helper is not a text');
    const answer = await askHelper(name, { env: options.env, signal: options.signal, server });
    return answer && credentialsOf(answer);
  };
  const helper = file.credHelpers?.[domain] ?? file.credHelpers?.[server];
  const fromHelper = helper === undefined ? null : await ask(helper);
  const found = fromHelper ?? accountOf(file, { path, reference });
  if (found !== null || file.credsStore === undefined || file.credsStore === '') return found;
  return ask(file.credsStore);
}

function credentialsOf({ Username: user, Secret: secret }: HelperAnswer): Credentials {
  return user === '<token>'
    ? { kind: 'identity', token: secret }
    : { kind: 'password', user, password: secret };
}

/** `registry/team/base`, `registry/team`, `registry`, then keys that are addresses, as docker wrote once. */
function accountOf(
  { auths = {} }: AccountFile,
  { path, reference }: Pick<Search, 'path' | 'reference'>,
): Credentials | null {
  const parts = [reference.domain, ...reference.path.split('/')];
  const names = parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
  const keys = [...names, ...Object.keys(auths).filter((key) => hostOf(key) === reference.domain)];
  for (const key of keys) {
    const found = Object.hasOwn(auths, key) ? parsedAccount(auths[key] ?? null, path) : null;
    if (found !== null) return found;
  }
  return null;
}

/** The host of `https://registry.example/v1/` and `registry.example/v2/`; Docker Hub has three names. */
function hostOf(key: string): string | null {
  const host =
    /^(?:https?:\/\/([^/]+).*|([^/]+)(?:\/v[12]\/?|\/)?)$/.exec(key)?.slice(1).find(Boolean) ?? null;
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host;
}

/** Null for the empty entry, which means that a store keeps the account. */
function parsedAccount(account: Account, path: string): Credentials | null {
  const { auth = '', username = '', password = '', identitytoken = '', registrytoken = '' } = account ?? {};
  if ([auth, username, password, identitytoken, registrytoken].some((text) => typeof text !== 'string')) {
    throw unusable(path, 'an account is not made of texts');
  }
  if (registrytoken !== '') return accessToken(registrytoken as string, path);
  if (identitytoken !== '') return { kind: 'identity', token: identitytoken as string };
  const pair = auth === '' ? `${username}:${password}` : Buffer.from(auth as string, 'base64').toString();
  const colon = pair.indexOf(':');
  if (colon === -1) throw unusable(path, 'an account is not base64 of `user:password`');
  if (pair === ':') return null;
  // docker pads with zeros.
  return {
    kind: 'password',
    user: pair.slice(0, colon),
    password: withoutEnd(pair.slice(colon + 1), '\0'),
  };
}

function accessToken(token: string, path: string): Credentials {
  if (!isToken(token)) throw unusable(path, 'a `registrytoken` is not a token');
  return { kind: 'access', token };
}

function unusable(path: string, reason: string): MkbaseError {
  return new MkbaseError('registry/credential-file', `cannot take accounts from \`${path}\`: ${reason}`, {
    hint: 'log in anew with `docker login`, `podman login` or `skopeo login`, or name another file with `--authfile`',
  });
}
