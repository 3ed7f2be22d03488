import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bytesBlob } from '../../src/image/blob.ts';
import type { TestRegistry } from '../support/registry.ts';
import { failureOf, open, quickSession, serveRegistry } from './support.ts';

const ACCOUNT = 'me:hunter2';
const blob = bytesBlob('application/octet-stream', Buffer.from('content'));

describe('a registry with accounts', () => {
  it.each([
    ['Basic', {}],
    ['tokens', { tokens: true }],
  ])('is pushed to with %s, asking once', async (_, kind) => {
    const server = await serveRegistry({ account: ACCOUNT, ...kind });
    const session = quickSession({ authFile: await authFile(server) });
    const registry = open(`${server.host}/base`, session);
    expect(await registry.pushBlob(blob)).toBe('sent');
    expect(await registry.digest('1')).toBeNull();
    const refused = server.requests.filter(
      ({ headers, path }) => !headers.authorization && path !== '/token',
    );
    expect(refused).toHaveLength(1);
    expect(JSON.stringify(session.lines)).not.toMatch(/hunter2|aHVudGVyMg|authorization/i);
  });

  it('is asked for one token for all that is to come', async () => {
    const server = await serveRegistry({ account: ACCOUNT, tokens: true });
    const registry = open(`${server.host}/base`, quickSession({ authFile: await authFile(server) }));
    await registry.pushBlob(blob);
    const asked = server.requests.filter(({ path }) => path.startsWith('/token'));
    expect(asked.map(({ path }) => new URL(path, 'http://x').searchParams.getAll('scope'))).toEqual([
      ['repository:base:pull,push'],
    ]);
  });

  it('is asked to read only where nothing is written', async () => {
    const server = await serveRegistry({ account: ACCOUNT, tokens: true });
    const session = quickSession({ authFile: await authFile(server) });
    expect(await open(`${server.host}/base`, session, 'pull').manifest('1')).toBeNull();
    const token = server.requests.find(({ path }) => path.startsWith('/token'));
    expect(token?.path).toContain('scope=repository%3Abase%3Apull&');
  });

  it('gives a token to nobody in particular', async () => {
    const server = await serveRegistry({ tokens: true });
    expect(await open(`${server.host}/base`, quickSession()).pushBlob(blob)).toBe('sent');
  });

  it('changes an identity token', async () => {
    const server = await serveRegistry({ account: 'identity', tokens: true });
    const file = await authFile(server, { identitytoken: 'identity' });
    expect(await open(`${server.host}/base`, quickSession({ authFile: file })).pushBlob(blob)).toBe('sent');
    expect(server.requests.find(({ path }) => path === '/token')).toMatchObject({ method: 'POST' });
  });

  it('is given a new token when one is refused', async () => {
    const server = await serveRegistry({ account: ACCOUNT, tokens: true });
    const registry = open(`${server.host}/base`, quickSession({ authFile: await authFile(server) }));
    await registry.pushBlob(blob);
    const header = `Bearer realm="http://${server.host}/token",service="test",error="invalid_token"`;
    server.faults.push({
      ...{ method: 'HEAD', path: /manifests/, times: 1 },
      answer: (_, response) => response.writeHead(401, { 'www-authenticate': header }).end(),
    });
    expect(await registry.digest('1')).toBeNull();
    expect(server.requests.filter(({ path }) => path.startsWith('/token'))).toHaveLength(2);
  });

  it.each([
    ['Basic', {}],
    ['tokens', { tokens: true }],
  ])('refuses who has no account, and a wrong password, with %s', async (_, kind) => {
    const server = await serveRegistry({ account: ACCOUNT, ...kind });
    const nobody = await failureOf(open(`${server.host}/base`, quickSession()).pushBlob(blob));
    expect(nobody).toMatchObject({
      code: 'registry/no-account',
      hint: expect.stringContaining('--authfile'),
    });
    const wrong = await authFile(server, { auth: Buffer.from('me:wrong-pass').toString('base64') });
    const error = await failureOf(
      open(`${server.host}/base`, quickSession({ authFile: wrong })).pushBlob(blob),
    );
    expect(error.code).toBe('registry/unauthorized');
    expect(JSON.stringify([error.message, error.hint, error.details])).not.toContain('wrong-pass');
  });

  it('refuses an account without the right, after one token', async () => {
    const granted = (scope: string) => scope.replace(',push', '');
    const server = await serveRegistry({ account: ACCOUNT, tokens: true, granted });
    const registry = open(`${server.host}/base`, quickSession({ authFile: await authFile(server) }));
    expect(await failureOf(registry.pushBlob(blob))).toMatchObject({ code: 'registry/unauthorized' });
    expect(server.requests.filter(({ path }) => path.startsWith('/token')).length).toBeLessThan(3);
  });

  it.each([401, 403, 404])('is asked at /v2/ where it answers strangers %i elsewhere', async (stranger) => {
    const server = await serveRegistry({ account: ACCOUNT, tokens: true, stranger });
    const session = quickSession({ authFile: await authFile(server) });
    expect(await open(`${server.host}/base`, session).pushBlob(blob)).toBe('sent');
    const reading = open(`${server.host}/base`, session, 'pull');
    const { digest } = blob;
    server.repository('base').manifests.set('1', { mediaType: 'a/b', bytes: Buffer.from('content') });
    expect(await reading.digest('1')).toBe(digest);
    expect(server.requests.filter(({ path }) => path === '/v2/')).toHaveLength(2);
  });

  it('says that there is nothing where it lets anybody look, whatever it asks at /v2/', async () => {
    const server = await serveRegistry();
    server.faults.push({
      ...{ method: 'GET', path: /^\/v2\/$/, times: 9 },
      answer: (_, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
    });
    expect(await open(`${server.host}/base`, quickSession(), 'pull').manifest('1')).toBeNull();
  });

  it('is shown a token that was given for it', async () => {
    const server = await serveRegistry({ tokens: true });
    const token = Buffer.from('repository:base:pull,push').toString('base64url');
    const file = await authFile(server, { registrytoken: token });
    expect(await open(`${server.host}/base`, quickSession({ authFile: file })).pushBlob(blob)).toBe('sent');
    expect(server.requests.filter(({ path }) => path.startsWith('/token'))).toEqual([]);
  });

  it('is waited for as long as its token server asks', async () => {
    const server = await serveRegistry({ tokens: true });
    server.faults.push({
      ...{ method: 'GET', path: /^\/token/, times: 1 },
      answer: (_, response) => response.writeHead(429, { 'retry-after': '9' }).end(),
    });
    const session = quickSession();
    expect(await open(`${server.host}/base`, session).pushBlob(blob)).toBe('sent');
    expect(session.waits).toEqual([9000]);
  });

  it('needs no account where it does not ask for one', async () => {
    const server = await serveRegistry();
    const session = quickSession({ authFile: '/nonexistent/auth.json' });
    expect(await open(`${server.host}/base`, session).pushBlob(blob)).toBe('sent');
  });
});

describe('a password', () => {
  it('goes to no other host than that of the registry', async () => {
    const other = await listener();
    const server = await serveRegistry({ account: ACCOUNT });
    const registry = open(`${server.host}/base`, quickSession({ authFile: await authFile(server) }));
    await registry.pushBlob(blob);
    server.faults.push(
      {
        ...{ method: 'GET', path: /manifests/, times: 1 },
        answer: (_, response) => response.writeHead(307, { location: `${other.url}/manifest` }).end(),
      },
      {
        ...{ method: 'POST', path: /uploads/, times: 1 },
        answer: (request, response) => {
          request.resume();
          response.writeHead(202, { location: `${other.url}/upload` }).end();
        },
      },
    );
    await registry.manifest('1');
    await registry.pushBlob(bytesBlob('a/b', Buffer.from('more')));
    expect(other.seen.map(({ url }) => url?.replace(/\?.*/, ''))).toEqual(['/manifest', '/upload']);
    expect(other.seen.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
  });

  it('is not asked for by another host', async () => {
    const other = await listener(401, { 'www-authenticate': 'Basic realm="give me"' });
    const server = await serveRegistry({ account: ACCOUNT });
    const registry = open(`${server.host}/base`, quickSession({ authFile: await authFile(server) }));
    server.faults.push({
      ...{ method: 'GET', path: /manifests/, times: 9 },
      answer: (_, response) => response.writeHead(307, { location: `${other.url}/x` }).end(),
    });
    await failureOf(registry.manifest('1'));
    expect(other.seen.every(({ authorization }) => authorization === undefined)).toBe(true);
  });
});

describe('a token server', () => {
  it.each([
    ['a web page', 200, { 'content-type': 'text/html' }, '<html>', 'registry/not-a-registry'],
    ['junk', 200, {}, 'junk', 'registry/bad-answer'],
    ['no token', 200, {}, '{"expires_in":1}', 'registry/bad-answer'],
    ['a token that is no header', 200, {}, '{"token":"a\\r\\nhost: b"}', 'registry/bad-answer'],
    ['a failure', 500, {}, '', 'registry/server-error'],
    ['a refusal', 403, {}, '', 'registry/denied'],
    ['more than anyone reads', 200, {}, 'x'.repeat(2 ** 20 + 1), 'registry/too-large'],
  ])('that answers %s is told of', async (_, status, headers, body, code) => {
    const tokens = await listener(status, headers, body);
    const server = await serveRegistry();
    challenge(server, `Bearer realm="${tokens.url}/token",service="test"`);
    expect(await failureOf(open(`${server.host}/base`, quickSession()).pushBlob(blob))).toMatchObject({
      code,
    });
  });

  it.each(['Bearer realm="ftp://x/"', 'Bearer service="x"', 'Digest realm="x"'])(
    'cannot be what %s says',
    async (header) => {
      const server = await serveRegistry();
      challenge(server, header);
      const error = await failureOf(open(`${server.host}/base`, quickSession()).pushBlob(blob));
      expect(error).toMatchObject({ code: 'registry/bad-answer' });
    },
  );
});

function challenge(server: TestRegistry, header: string): void {
  server.faults.push({
    ...{ method: 'HEAD', path: /blobs/, times: 99 },
    answer: (_, response) => response.writeHead(401, { 'www-authenticate': header }).end(),
  });
}

interface Listener {
  readonly url: string;
  readonly seen: { readonly url: string | undefined; readonly authorization: string | undefined }[];
}

/** Another host, which answers all requests the same. */
async function listener(status = 201, headers: Record<string, string> = {}, body = '{}'): Promise<Listener> {
  const seen: Listener['seen'] = [];
  const server = createServer(({ url, headers: { authorization } }, response) => {
    seen.push({ url, authorization });
    response.writeHead(status === 201 && url === '/manifest' ? 200 : status, headers).end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

async function authFile(
  { host }: TestRegistry,
  account: object = { auth: Buffer.from(ACCOUNT).toString('base64') },
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mkbase-auth-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'auth.json'), JSON.stringify({ auths: { [host]: account } }));
  return join(folder, 'auth.json');
}
