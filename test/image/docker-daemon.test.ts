import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkDaemon, loadIntoDaemon, saveFromDaemon } from '../../src/image/docker-daemon.ts';
import { makeImage, makeIndex } from '../../src/image/image.ts';
import { parseReference } from '../../src/image/reference.ts';
import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from '../support/tls.ts';

const signal = new AbortController().signal;
const empty = makeImage([], {
  ...{ format: 'docker', platform: { architecture: 'amd64', os: 'linux' }, settings: {}, annotations: {} },
  ...{ labels: {}, created: 0, history: [] },
});
const several = makeIndex([empty], { format: 'oci', annotations: {} });

interface Engine {
  readonly env: Record<string, string>;
  readonly signal: AbortSignal;
  readonly folder: string;
  /** All requests but pings. */
  readonly paths: string[];
}

/** An engine on a socket of its own, which answers a request once it has read it. */
async function engine(answer: RequestListener): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), 'mkbase-engine-'));
  const socket = join(folder, 'docker.sock');
  const paths: string[] = [];
  const server = createServer(listener(answer, paths));
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { env: { DOCKER_HOST: `unix://${socket}`, HOME: folder }, signal, folder, paths };
}

function listener(answer: RequestListener, paths: string[]): RequestListener {
  return (request, response) => {
    request.resume().on('end', () => {
      response.setHeader('api-version', '1.47');
      if (request.url === '/_ping') response.end('OK');
      else {
        paths.push(request.url ?? '');
        answer(request, response);
      }
    });
  };
}

const LOADED: RequestListener = (_, response) => response.end('{"stream":"Loaded image"}');

const load = ({ env }: Pick<Engine, 'env'>, image: Parameters<typeof loadIntoDaemon>[0] = empty) =>
  loadIntoDaemon(image, { names: [parseReference('base:1')], env, signal });

test('an engine that is not there is named by its socket, before any work', async () => {
  const nowhere = { env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' }, signal };
  await expect(checkDaemon(nowhere, 1)).rejects.toMatchObject({
    code: 'target/engine-unreachable',
    hint: expect.stringContaining('`/nowhere/docker.sock`'),
  });
  await expect(load(nowhere)).rejects.toMatchObject({ code: 'target/engine-unreachable' });
});

test.each([
  ['error', '{"error":"no space left on device"}'],
  ['errorDetail', '{"errorDetail":{"code":1,"message":"no space left on device"}}'],
  ['both', '{"errorDetail":{"message":"no space left on device"},"error":"no space left on device"}'],
])('an error in a stream that began with 200 is an error, told by %s', async (_, line) => {
  const to = await engine((_request, response) => response.end(`{"stream":"Loading"}\n${line}\n`));
  await expect(load(to)).rejects.toMatchObject({
    code: 'target/engine-refused',
    message: expect.stringMatching(/: no space left on device$/),
  });
});

test('an engine that says it has loaded the image is believed, and asked by the version that it named', async () => {
  const to = await engine(LOADED);
  await expect(load(to)).resolves.toBeUndefined();
  expect(to.paths).toEqual(['/v1.47/images/load?quiet=1']);
});

test('an image that the engine does not have is told from other refusals', async () => {
  const absent = await engine((_, response) => response.writeHead(404).end('{"message":"No such image: x"}'));
  await expect(saveFromDaemon('x', absent)).rejects.toMatchObject({ code: 'image/not-found' });
  const broken = await engine((_, response) => response.writeHead(500).end('{"message":"oh"}'));
  await expect(saveFromDaemon('x', broken)).rejects.toMatchObject({ code: 'target/engine-refused' });
});

test('several architectures go into the store that takes them, and are refused by another before any work', async () => {
  const info = (status: string): RequestListener => {
    return (request, response) => {
      if (request.url === '/v1.47/info')
        response.end(JSON.stringify({ DriverStatus: [['driver-type', status]] }));
      else LOADED(request, response);
    };
  };
  const modern = await engine(info('io.containerd.snapshotter.v1'));
  await checkDaemon(modern, 2);
  await load(modern, several);
  const old = await engine(info('overlay2'));
  await checkDaemon(old, 1);
  await expect(checkDaemon(old, 2)).rejects.toMatchObject({ code: 'target/one-architecture' });
  await expect(load(old, several)).rejects.toMatchObject({ code: 'target/one-architecture' });
  expect(old.paths).toEqual(['/v1.47/info', '/v1.47/info']);
});

test.each(['config.json', 'DOCKER_CONTEXT'])('a docker context is taken by %s', async (by) => {
  const { env, folder } = await engine(LOADED);
  const digest = createHash('sha256').update('mine').digest('hex');
  const meta = join(folder, '.docker/contexts/meta', digest);
  await mkdir(meta, { recursive: true });
  const endpoint = { Host: env.DOCKER_HOST, SkipTLSVerify: false };
  await writeFile(join(meta, 'meta.json'), JSON.stringify({ Name: 'mine', Endpoints: { docker: endpoint } }));
  const config = by === 'config.json' ? { currentContext: 'mine' } : { currentContext: 'other' };
  await writeFile(join(folder, '.docker/config.json'), JSON.stringify(config));
  const context = by === 'config.json' ? {} : { DOCKER_CONTEXT: 'mine' };
  await load({ env: { HOME: folder, ...context } });
  await expect(load({ env: { HOME: folder, DOCKER_CONTEXT: 'none' } })).rejects.toMatchObject({
    code: 'usage/bad-value',
    message: expect.stringContaining('`none`'),
  });
});

test('an engine with TLS is shown the certificate of the user, and held to its own', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mkbase-engine-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const tls = { cert: TEST_CERTIFICATE, key: TEST_CERTIFICATE_KEY, ca: TEST_CERTIFICATE, requestCert: true };
  const server = createTlsServer(tls, listener(LOADED, []));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder };
  await expect(load({ env })).rejects.toMatchObject({ code: 'target/engine-unreachable' });
  await writeFile(join(folder, 'ca.pem'), TEST_CERTIFICATE);
  await writeFile(join(folder, 'cert.pem'), TEST_CERTIFICATE);
  await writeFile(join(folder, 'key.pem'), TEST_CERTIFICATE_KEY);
  await load({ env });
});

test.each(['tcp://[::1]:PORT', '[::1]:PORT', 'http://[::1]:PORT'])(
  'DOCKER_HOST=%s is an address',
  async (text) => {
    const server = createServer(listener(LOADED, []));
    await new Promise<void>((resolve) => server.listen(0, '::1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const port = `${(server.address() as AddressInfo).port}`;
    await load({ env: { DOCKER_HOST: text.replace('PORT', port) } });
  },
);

/** Passes on standard input and output, as `docker system dial-stdio` does. */
const DIAL = `#!${process.execPath}
const { connect } = require('node:net');
require('node:fs').writeFileSync(process.env.ASKED, process.argv.slice(2).join(' '));
const socket = connect(process.env.SOCKET);
process.stdin.pipe(socket).pipe(process.stdout);
`;

test('an engine is reached over ssh, and what ssh complains of is told', async () => {
  const { env, folder } = await engine(LOADED);
  await writeFile(join(folder, 'ssh'), DIAL);
  await chmod(join(folder, 'ssh'), 0o755);
  const asked = join(folder, 'asked');
  const over = {
    ...{ DOCKER_HOST: 'ssh://me@host.example:2222', PATH: `${folder}:${process.env.PATH}`, ASKED: asked },
    SOCKET: env.DOCKER_HOST!.replace('unix://', ''),
  };
  await load({ env: over });
  expect(await readFile(asked, 'utf8')).toBe(
    '-l me -p 2222 -o ConnectTimeout=30 -T -- host.example docker system dial-stdio',
  );
  await writeFile(join(folder, 'ssh'), '#!/bin/sh\necho Permission denied >&2; exit 255\n');
  await expect(load({ env: over })).rejects.toMatchObject({
    code: 'target/engine-unreachable',
    message: expect.stringContaining('Permission denied'),
  });
});

test.each(['npipe:////./pipe/docker', 'nonsense', 'unix://relative'])(
  'DOCKER_HOST=%s is refused',
  async (host) => {
    await expect(checkDaemon({ env: { DOCKER_HOST: host }, signal }, 1)).rejects.toMatchObject({
      code: 'usage/bad-value',
    });
  },
);
