/** Where the engine is that `docker` itself would speak with. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { MkbaseError, quoted } from '../errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** `shown` is what the user has named it. */
export type EngineAddress = { readonly shown: string } & (
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: EngineTls | null }
  /** Arguments of ssh(1) up to the host. */
  | { readonly kind: 'ssh'; readonly args: readonly string[] }
);

/** PEM texts. Without an authority of its own those of the web are trusted. */
export interface EngineTls {
  readonly ca?: Buffer | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
  readonly rejectUnauthorized: boolean;
}

/**
 * `DOCKER_HOST` with `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`; else the context of `DOCKER_CONTEXT` or of
 * docker's `config.json`; else docker's own socket.
 *
 * @throws MkbaseError `usage/bad-value`
 */
export async function engineAddress(env: Environment): Promise<EngineAddress> {
  const folder = env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker');
  const host = env.DOCKER_HOST || '';
  if (host !== '') {
    const isSecure = Boolean(env.DOCKER_TLS_VERIFY);
    const tls = isSecure ? await readTls(env.DOCKER_CERT_PATH || folder, { verify: true }) : null;
    return parseAddress(host, { tls, from: 'DOCKER_HOST' });
  }
  const context = env.DOCKER_CONTEXT || (await currentContext(folder));
  if (context === null || context === 'default') return parseAddress(SOCKET, { tls: null, from: 'docker' });
  return contextAddress(context, folder);
}

const SOCKET = 'unix:///var/run/docker.sock';

async function currentContext(folder: string): Promise<string | null> {
  const file = (await readJson(join(folder, 'config.json'))) as { readonly currentContext?: unknown } | null;
  return typeof file?.currentContext === 'string' && file.currentContext !== '' ? file.currentContext : null;
}

/** As `docker context create` keeps it: in folders that are named by the digest of its name. */
async function contextAddress(name: string, folder: string): Promise<EngineAddress> {
  const id = createHash('sha256').update(name).digest('hex');
  const meta = (await readJson(join(folder, 'contexts/meta', id, 'meta.json'))) as ContextFile | null;
  const { Host: host, SkipTLSVerify: skips = false } = meta?.Endpoints?.docker ?? {};
  if (typeof host !== 'string' || host === '') {
    throw new MkbaseError('usage/bad-value', `there is no docker context ${quoted(name)} with an engine`, {
      hint: '`docker context ls` lists them; DOCKER_HOST names an engine without one',
    });
  }
  const tls = await readTls(join(folder, 'contexts/tls', id, 'docker'), { verify: skips !== true });
  const isSecure = tls.ca !== undefined || tls.cert !== undefined || skips === true;
  return parseAddress(host, { tls: isSecure ? tls : null, from: `the docker context ${quoted(name)}` });
}

interface ContextFile {
  readonly Endpoints?: { readonly docker?: { readonly Host?: unknown; readonly SkipTLSVerify?: unknown } };
}

/** Which files there are is the user's choice, as with docker. */
async function readTls(folder: string, { verify }: { readonly verify: boolean }): Promise<EngineTls> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readFile(join(folder, name)).catch(() => undefined)),
  );
  return { ca, cert, key, rejectUnauthorized: verify };
}

function parseAddress(
  text: string,
  { tls, from }: { readonly tls: EngineTls | null; readonly from: string },
): EngineAddress {
  const shown = text;
  const path = /^unix:\/\/(\/.*)$/.exec(text)?.[1];
  if (path !== undefined) return { kind: 'unix', path, shown };
  // docker takes an address without a scheme for tcp.
  const full = /^[^/]+:\d+$/.test(text) ? `tcp://${text}` : text;
  const [, scheme = ''] = /^(tcp|https?|ssh):\/\//.exec(full) ?? [];
  const address = full.replace(/^[a-z]+:/, 'http:');
  const url = scheme !== '' && URL.canParse(address) ? new URL(address) : null;
  if (url === null) {
    throw new MkbaseError(
      'usage/bad-value',
      `${from} is ${quoted(text)}, which is not the address of an engine`,
      {
        hint: 'set it as in `unix:///run/user/1000/podman/podman.sock`, `tcp://127.0.0.1:2375` or `ssh://me@host`',
      },
    );
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (scheme === 'ssh') return { kind: 'ssh', args: sshArguments(url, host), shown };
  const secure = scheme === 'https' ? (tls ?? { rejectUnauthorized: true }) : tls;
  // The address is parsed as http, whose own port is left out.
  const [, own] = /:(\d+)\/?$/.exec(full) ?? [];
  const port = Number(own ?? (secure === null ? 2375 : 2376));
  return { kind: 'tcp', host, port, tls: secure, shown };
}

function sshArguments({ username, port }: URL, host: string): string[] {
  return [
    ...(username === '' ? [] : ['-l', decodeURIComponent(username)]),
    ...(port === '' ? [] : ['-p', port]),
    ...['-o', 'ConnectTimeout=30', '-T', '--', host],
  ];
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return null;
  }
}
