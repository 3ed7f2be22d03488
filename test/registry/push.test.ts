import { describe, expect, it } from 'vitest';
import { bytesBlob } from '../../src/image/blob.ts';
import { makeIndex } from '../../src/image/image.ts';
import { parseReference } from '../../src/image/reference.ts';
import { pushImage } from '../../src/registry/push-image.ts';
import { serve } from '../fetch/support.ts';
import type { RegistryFault, TestRegistry } from '../support/registry.ts';
import { failureOf, imageOf, open, pool, quickSession, serveRegistry } from './support.ts';

const LAYER = Buffer.alloc(300_000, 'layer');

describe('pushImage', () => {
  it('sends what is not there, manifests by digest, and tags last', async () => {
    const server = await serveRegistry();
    const image = imageOf(LAYER);
    await push(server, image, ['team/base:1', 'team/base:latest']);
    const { blobs, manifests } = server.repository('team/base');
    expect([...blobs.keys()].sort()).toEqual([image.config.digest, image.layers[0]!.digest].sort());
    expect([...manifests.keys()]).toEqual([image.manifest.digest, '1', 'latest']);
    const puts = server.requests.filter(({ method }) => method === 'PUT').map(({ path }) => path);
    expect(puts.slice(-3)).toEqual(
      [image.manifest.digest, '1', 'latest'].map((ref) => `/v2/team/base/manifests/${ref}`),
    );
  });

  it('sends nothing the second time', async () => {
    const server = await serveRegistry();
    const image = imageOf(LAYER);
    await push(server, image, ['team/base:1']);
    server.requests.length = 0;
    await push(server, image, ['team/base:1']);
    expect(new Set(server.requests.map(({ method }) => method))).toEqual(new Set(['HEAD']));
  });

  it('pushes the images of an index before the index', async () => {
    const server = await serveRegistry();
    const images = [imageOf('amd', 'amd64'), imageOf('arm', 'arm64')];
    const index = makeIndex(images, { format: 'oci', annotations: {} });
    await push(server, index, ['base:1']);
    const digests = [...images, index].map(({ manifest }) => manifest.digest);
    expect([...server.repository('base').manifests.keys()]).toEqual([...digests, '1']);
  });

  it('mounts in the second repository what the first one got', async () => {
    const server = await serveRegistry({ tokens: true });
    await push(server, imageOf(LAYER), ['a/base:1', 'b/base:1']);
    expect(server.repository('b/base').blobs.size).toBe(2);
    const sent = server.requests.filter(
      ({ method, path }) => method === 'PUT' && path.includes('/b/base/blobs'),
    );
    expect(sent).toEqual([]);
  });

  it('sends what may not be mounted', async () => {
    const granted = (scope: string) => scope.replace(/(a\/base):pull$/, '$1:none');
    const server = await serveRegistry({ tokens: true, granted });
    server.faults.push(status('POST', /from=a/, 403, 9));
    await push(server, imageOf(LAYER), ['a/base:1', 'b/base:1']);
    expect(server.repository('b/base').blobs.size).toBe(2);
  });

  it.each([200, 202, 204])('takes %i for a manifest that was put, and for a part of a blob', async (code) => {
    const server = await serveRegistry();
    const image = imageOf(LAYER);
    server.answers.set('PUT', code).set('PATCH', code);
    await push(server, image, ['team/base:1'], quickSession({ chunkSize: 100_000 }));
    expect([...server.repository('team/base').manifests.keys()]).toEqual([image.manifest.digest, '1']);
  });

  it.each([401, 403, 405])('pushes for an account that may not look at what is there: %i', async (code) => {
    const server = await serveRegistry();
    const image = imageOf(LAYER);
    server.faults.push(status('HEAD', /./, code, 99));
    await push(server, image, ['team/base:1']);
    expect([...server.repository('team/base').manifests.keys()]).toEqual([image.manifest.digest, '1']);
  });

  it('survives another one that pushes the same at once, of which docker-registry has read half', async () => {
    const server = await serveRegistry();
    server.faults.push(complaint('PUT', /manifests/, 'DIGEST_INVALID', 2));
    await push(server, imageOf(LAYER), ['team/base:1']);
    expect([...server.repository('team/base').manifests.keys()]).toContain('1');
  });

  it('moves no tag where one repository cannot be written to', async () => {
    const server = await serveRegistry();
    server.faults.push(status('POST', /denied\/base/, 403, 99));
    const error = await failureOf(push(server, imageOf(LAYER), ['open/base:1', 'denied/base:1']));
    expect(error).toMatchObject({ code: 'registry/denied', exitStatus: 12 });
    expect([...server.repository('open/base').manifests.keys()]).not.toContain('1');
  });
});

describe('checkPush', () => {
  it('leaves nothing behind', async () => {
    const server = await serveRegistry({ tokens: true });
    await open(`${server.host}/base`, quickSession()).checkPush();
    expect(server.requests.at(-1)?.method).toBe('DELETE');
    expect(server.repository('base').blobs.size).toBe(0);
  });

  it('minds no registry that lets no upload be given up', async () => {
    const server = await serveRegistry();
    server.faults.push(status('DELETE', /uploads/, 405, 1));
    await open(`${server.host}/base`, quickSession()).checkPush();
  });

  it('fails where nothing may be pushed', async () => {
    const server = await serveRegistry();
    server.faults.push(status('POST', /uploads/, 403, 9));
    const error = await failureOf(open(`${server.host}/base`, quickSession()).checkPush());
    expect(error).toMatchObject({ code: 'registry/denied' });
  });
});

describe('pushBlob', () => {
  const blob = bytesBlob('application/octet-stream', LAYER);

  it.each<[string, RegistryFault]>([
    ['too many requests', status('POST', /uploads/, 429, 3, { 'retry-after': '2' })],
    ['a failing server', status('PUT', /uploads/, 500, 3)],
    ['a gateway', status('HEAD', /blobs/, 502, 2)],
    [
      'a cut connection',
      { method: 'PUT', path: /uploads/, times: 3, answer: (request) => request.destroy() },
    ],
    [
      'a connection that is cut in the middle of a blob',
      {
        method: 'PUT',
        path: /uploads/,
        times: 2,
        answer: (request) => request.once('data', () => request.destroy()),
      },
    ],
    ['an upload that was forgotten', status('PUT', /uploads/, 404, 2)],
    ['an upload that was damaged on the way', complaint('PUT', /uploads/, 'DIGEST_INVALID', 2)],
  ])('survives %s', async (_, fault) => {
    const server = await serveRegistry();
    server.faults.push(fault);
    const session = quickSession();
    expect(await open(`${server.host}/base`, session).pushBlob(blob)).toBe('sent');
    expect(server.repository('base').blobs.get(blob.digest)?.equals(LAYER)).toBe(true);
    expect(session.waits).toHaveLength(fault.times);
  });

  it('survives a silent server', async () => {
    const server = await serveRegistry();
    server.faults.push({ method: 'HEAD', path: /blobs/, times: 1, answer: () => {} });
    const session = quickSession({ timeouts: { connect: 10_000, idle: 1500 } });
    expect(await open(`${server.host}/base`, session).pushBlob(blob)).toBe('sent');
    expect(session.lines).toContainEqual(expect.stringContaining('registry/timeout'));
  });

  it('is not held up by a server that takes next to nothing', async () => {
    const server = await serveRegistry();
    server.faults.push({
      ...{ method: 'PUT', path: /uploads/, times: 9 },
      answer: (request) => {
        const timer = setInterval(() => request.read(1), 100);
        request.once('close', () => clearInterval(timer));
      },
    });
    const large = bytesBlob('application/octet-stream', Buffer.alloc(32 * 2 ** 20));
    const session = quickSession({ timeouts: { connect: 10_000, idle: 1000 } });
    const error = await failureOf(open(`${server.host}/base`, session).pushBlob(large));
    expect(error).toMatchObject({ code: 'registry/timeout' });
  });

  it('waits as long as the server asks, and longer each time it does not say', async () => {
    const server = await serveRegistry();
    server.faults.push(
      status('POST', /uploads/, 429, 1, { 'retry-after': '7' }),
      status('PUT', /uploads/, 503, 2),
    );
    const session = quickSession();
    await open(`${server.host}/base`, session).pushBlob(blob);
    expect(session.waits).toEqual([7000, 1000, 2000]);
  });

  it('sees that a blob has arrived although the answer was lost', async () => {
    const server = await serveRegistry();
    server.faults.push({
      ...{ method: 'PUT', path: /uploads/, times: 1 },
      answer: (request) => {
        server.repository('base').blobs.set(blob.digest, LAYER);
        request.destroy();
      },
    });
    expect(await open(`${server.host}/base`, quickSession()).pushBlob(blob)).toBe('was there');
  });

  it('sends chunks on request', async () => {
    const server = await serveRegistry();
    await open(`${server.host}/base`, quickSession({ chunkSize: 100_001 })).pushBlob(blob);
    expect(server.repository('base').blobs.get(blob.digest)?.equals(LAYER)).toBe(true);
    const chunks = server.requests.filter(({ method }) => method === 'PATCH');
    expect(chunks.map(({ headers }) => headers['content-range'])).toEqual([
      '0-100000',
      '100001-200001',
      '200002-299999',
    ]);
  });

  it('tells how much is there, whatever happens on the way', async () => {
    const server = await serveRegistry();
    server.faults.push(status('PUT', /uploads/, 500, 2));
    const changes: number[] = [];
    const session = quickSession({ sent: (change) => changes.push(change) });
    await open(`${server.host}/base`, session).pushBlob(blob);
    await open(`${server.host}/base`, session).pushBlob(blob);
    expect(changes.some((change) => change < 0)).toBe(true);
    expect(changes.reduce((sum, change) => sum + change, 0)).toBe(2 * blob.size);
  });

  it('sends a blob once, however often it is asked to', async () => {
    const server = await serveRegistry();
    const registry = open(`${server.host}/base`, quickSession());
    await Promise.all([registry.pushBlob(blob), registry.pushBlob(blob)]);
    await registry.pushBlob(blob);
    expect(server.requests.map(({ method }) => method)).toEqual(['HEAD', 'GET', 'POST', 'PUT']);
  });

  it('begins again where a chunk is lost', async () => {
    const server = await serveRegistry();
    server.faults.push(
      status('PATCH', /uploads/, 202, 1, { range: '0-5', location: '/v2/base/blobs/uploads/x' }),
    );
    server.faults.push(status('PATCH', /uploads/, 416, 1));
    await open(`${server.host}/base`, quickSession({ chunkSize: 100_000 })).pushBlob(blob);
    expect(server.repository('base').blobs.get(blob.digest)?.equals(LAYER)).toBe(true);
  });

  it.each([
    [
      'a web page',
      status('HEAD', /blobs/, 200, 9, { 'content-type': 'text/html' }),
      'registry/not-a-registry',
    ],
    [
      'no registry',
      status('HEAD', /blobs/, 404, 9, { 'content-type': 'text/html' }),
      'registry/not-a-registry',
    ],
    ['a denial', status('POST', /uploads/, 403, 9), 'registry/denied'],
    ['no room', status('POST', /uploads/, 507, 9), 'registry/full'],
    ['a full disk', complaint('PUT', /uploads/, 'UNKNOWN', 9, FULL_DISK), 'registry/full'],
    ['a quota', complaint('PUT', /uploads/, 'DENIED', 9, QUOTA), 'registry/full'],
    ['a limit of a proxy', status('PUT', /uploads/, 413, 9), 'registry/too-large'],
    ['an upload without an address', status('POST', /uploads/, 202, 9), 'registry/bad-answer'],
    ['a server that always fails', status('POST', /uploads/, 500, 99), 'registry/server-error'],
    ['too many requests', status('POST', /uploads/, 429, 99), 'registry/too-many-requests'],
    [
      'content that arrives changed each time',
      complaint('PUT', /uploads/, 'DIGEST_INVALID', 99),
      'registry/digest-invalid',
    ],
    [
      'a long ban',
      status('POST', /uploads/, 429, 1, { 'retry-after': '9999' }),
      'registry/too-many-requests',
    ],
    [
      'another digest',
      status('PUT', /uploads/, 201, 9, { 'docker-content-digest': 'sha256:0' }),
      'registry/wrong-digest',
    ],
    [
      'a redirect',
      status('PUT', /uploads/, 302, 9, { location: 'http://127.0.0.1:1/' }),
      'registry/redirects',
    ],
  ])('says so of %s', async (_, fault, code) => {
    const server = await serveRegistry();
    server.faults.push(fault);
    const error = await failureOf(open(`${server.host}/base`, quickSession()).pushBlob(blob));
    expect(error.code).toBe(code);
    expect(error.message).toContain(`\`${server.host}/base\``);
    expect(error.message).not.toMatch(/[\n.]$/);
    expect(error.hint).toBeTruthy();
  });

  it('says what the registry says', async () => {
    const server = await serveRegistry();
    const errors = JSON.stringify({
      errors: [{ code: 'DENIED', message: 'quota\u001b[31m of `team`\nis full' }],
    });
    server.faults.push(status('POST', /uploads/, 403, 1, { 'content-type': 'application/json' }, errors));
    const error = await failureOf(open(`${server.host}/base`, quickSession()).pushBlob(blob));
    expect(error.message).toMatch(/: quota \[31m of 'team' is full \(status 403\)$/);
  });

  it.each<[string, unknown, string]>([
    ['as a text', 'unknown media type: a/b', 'manifest invalid: unknown media type: a/b (status 400)'],
    ['as an object', { name: 'a/b' }, 'manifest invalid: {"name":"a/b"} (status 400)'],
    ['that adds nothing', {}, 'manifest invalid (status 400)'],
  ])('says what the registry adds as `detail`, %s', async (_, detail, reason) => {
    const server = await serveRegistry();
    server.faults.push(
      complaint('POST', /uploads/, 'MANIFEST_INVALID', 1, { message: 'manifest invalid', detail }),
    );
    const error = await failureOf(open(`${server.host}/base`, quickSession()).pushBlob(blob));
    expect(error.message).toMatch(new RegExp(`: ${reason.replace(/[(){}]/g, '\\$&')}$`));
  });

  it('says how long a registry asks to wait', async () => {
    const server = await serveRegistry();
    server.faults.push(status('POST', /uploads/, 429, 1, { 'retry-after': '3600' }));
    const error = await failureOf(open(`${server.host}/base`, quickSession()).pushBlob(blob));
    expect(error.message).toMatch(/: status 429, which asks to wait 3600 s$/);
  });

  it('asks no proxy for a registry on this machine', async () => {
    const server = await serveRegistry();
    const session = quickSession({ env: { HOME: '/nonexistent', http_proxy: 'http://127.0.0.1:1' } });
    expect(await open(`${server.host}/base`, session).pushBlob(blob)).toBe('sent');
  });

  it('says what the server of another protocol says', async () => {
    const server = await serveRegistry();
    const said = 'Client sent an HTTP request to an HTTPS server.\n';
    server.faults.push(status('POST', /uploads/, 400, 1, { 'content-type': 'text/plain' }, said));
    const registry = open(`${server.host}/base`, quickSession());
    expect((await failureOf(registry.checkPush())).message).toContain(said.trim());
  });

  it('takes https on this machine where it is spoken, and http else', async () => {
    const server = await serveRegistry();
    const session = quickSession({ plainHttp: false });
    expect(await open(`${server.host}/base`, session).pushBlob(blob)).toBe('sent');
    const secure = await serve({}, { tls: true });
    const name = `${new URL(secure.url).host}/base`;
    const error = await failureOf(open(name, quickSession({ plainHttp: false })).pushBlob(blob));
    expect(error).toMatchObject({
      code: 'registry/tls',
      hint: expect.stringContaining('certs.d'),
    });
  });

  it('tells no address with what it may carry, not even as a cause', async () => {
    const server = await serveRegistry();
    const location = 'http://127.0.0.1:1/upload?signature=hunter2';
    server.faults.push(status('POST', /uploads/, 202, 9, { location }));
    const session = quickSession();
    const error = await failureOf(open(`${server.host}/base`, session).pushBlob(blob));
    expect(error.code).toBe('registry/refused');
    expect(`${error.message} ${error.cause} ${JSON.stringify(error)} ${session.lines}`).not.toContain(
      'hunter2',
    );
  });

  it('says that nobody is there', async () => {
    const error = await failureOf(open('127.0.0.1:1/base', quickSession()).pushBlob(blob));
    expect(error).toMatchObject({ code: 'registry/refused' });
  });

  it('stops when it is interrupted', async () => {
    const controller = new AbortController();
    const server = await serveRegistry();
    server.faults.push({ method: 'PUT', path: /uploads/, times: 1, answer: () => controller.abort() });
    const session = quickSession({ signal: controller.signal });
    const error = await failureOf(open(`${server.host}/base`, session).pushBlob(blob));
    expect(error.code).toBe('interrupted/signal');
  });
});

function push(
  server: TestRegistry,
  image: Parameters<typeof pushImage>[0],
  names: readonly string[],
  session = quickSession(),
) {
  const references = names.map((name) => parseReference(`${server.host}/${name}`));
  return pushImage(image, references, { open: pool(session) });
}

/** As docker-registry 2.8 and Harbor say it. */
const FULL_DISK = { message: 'unknown error', detail: 'write /var/x/data: no space left on device' };
const QUOTA = { message: 'adding 300 KiB of storage resource would exceed the configured quota' };

function complaint(
  method: string,
  path: RegExp,
  code: string,
  times: number,
  said: object = { message: 'provided digest did not match uploaded content' },
): RegistryFault {
  const body = JSON.stringify({ errors: [{ code, ...said }] });
  return status(method, path, 400, times, { 'content-type': 'application/json' }, body);
}

function status(
  method: string,
  path: RegExp,
  code: number,
  times: number,
  headers: Record<string, string> = {},
  body = '',
): RegistryFault {
  return {
    ...{ method, path, times },
    answer: (request, response) => {
      request.resume().on('end', () => response.writeHead(code, headers).end(body));
    },
  };
}
