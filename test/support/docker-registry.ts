import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import { get as getSecurely } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../../scripts/registry.ts';
import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from './tls.ts';

export const USER = 'me';
export const PASSWORD = 'hunter2';

/** `htpasswd` has TLS besides, with the certificate of tls.ts. */
export type RegistryKind = 'open' | 'htpasswd' | 'tokens';

export interface DockerRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** All that it has written so far. */
  readonly log: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Debian's docker-registry with an empty store of its own; `space`, for root, is all that it may hold: `2m`. */
export async function startDockerRegistry(kind: RegistryKind, space?: string): Promise<DockerRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'mkbase-registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  const tokens = kind === 'tokens' ? await startTokenServer() : null;
  const config = {
    version: '0.1',
    log: { level: 'debug' },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
    http: {
      addr: host,
      ...(kind === 'htpasswd' && { tls: { certificate: join(folder, 'cert'), key: join(folder, 'key') } }),
    },
    ...(kind === 'htpasswd' && { auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } } }),
    ...(tokens !== null && {
      auth: {
        token: { realm: tokens.url, service: 'test', issuer: 'test', rootcertbundle: join(folder, 'cert') },
      },
    }),
  };
  await writeFile(join(folder, 'cert'), TEST_CERTIFICATE.trim());
  await writeFile(join(folder, 'key'), TEST_CERTIFICATE_KEY.trim());
  // bcrypt of the password.
  const account = `${USER}:$2b$05$DbnXy5qutMSv2lNMWR05q.9xVCemGjcV48t/wRSPhdZgxF.0zDHiS\n`;
  await writeFile(join(folder, 'htpasswd'), account);
  await writeFile(join(folder, 'config.yml'), JSON.stringify(config));
  const log = join(folder, 'log');
  const serve = ['sh', '-c', 'exec docker-registry serve "$0" >"$1" 2>&1', join(folder, 'config.yml'), log];
  const mounting = 'mkdir "$0" && mount -t tmpfs -o size="$1" none "$0" && shift && exec "$@"';
  const confined = ['unshare', '--mount', 'sh', '-c', mounting, join(folder, 'data'), space ?? ''];
  const [program = '', ...args] = space === undefined ? serve : [...confined, ...serve];
  const server = spawn(program, args);
  const stop = async (): Promise<void> => {
    await ended(server);
    await tokens?.close();
    await rm(folder, { recursive: true, force: true });
  };
  const url = `${kind === 'htpasswd' ? 'https' : 'http'}://${host}/v2/`;
  for (let attempt = 0; attempt < 100 && !(await answers(url)); attempt++) await setTimeout(100);
  return { host, stop, log: () => readFile(log, 'utf8') };
}

function answers(url: string): Promise<boolean> {
  return new Promise((done) => {
    const request = url.startsWith('https:')
      ? getSecurely(url, { rejectUnauthorized: false, agent: false })
      : get(url, { agent: false });
    request.once('response', (response) => done(response.resume().statusCode !== undefined));
    request.once('error', () => done(false));
  });
}

/** distribution's token specification: gives what the account may, which is all, and nobody anything. */
async function startTokenServer(): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer(({ url = '', headers }, response) => {
    const { searchParams } = new URL(url, 'http://x');
    const isKnown =
      headers.authorization === `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
    if (headers.authorization !== undefined && !isKnown) {
      response.writeHead(401).end();
      return;
    }
    const access = searchParams.getAll('scope').flatMap((scope) => {
      const [type, name, actions = ''] = scope.split(':');
      return isKnown ? [{ type, name, actions: actions.split(',') }] : [];
    });
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ token: tokenFor(access), expires_in: 300 }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}/token`, close };
}

/** A JSON web token, ES256, by the key that the registry trusts. */
function tokenFor(access: readonly object[]): string {
  const now = Math.floor(Date.now() / 1000);
  const key = createPrivateKey(TEST_CERTIFICATE_KEY);
  const parts = [
    { typ: 'JWT', alg: 'ES256', kid: keyId() },
    {
      iss: 'test',
      sub: USER,
      aud: 'test',
      exp: now + 300,
      nbf: now - 10,
      iat: now,
      jti: randomUUID(),
      access,
    },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const signature = sign('sha256', Buffer.from(parts.join('.')), { key, dsaEncoding: 'ieee-p1363' });
  return [...parts, signature.toString('base64url')].join('.');
}

/** As libtrust names keys: 240 bits of the digest in base32, in groups of four. */
function keyId(): string {
  const spki = createPublicKey(TEST_CERTIFICATE).export({ type: 'spki', format: 'der' });
  const bits = [...createHash('sha256').update(spki).digest().subarray(0, 30)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  const letters = bits
    .match(/.{5}/g)!
    .map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five, 2)]);
  return letters.join('').match(/.{4}/g)!.join(':');
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill('SIGTERM');
  await once(server, 'exit');
}
