import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadIntoDaemon, pingDaemon, saveFromDaemon } from '../../src/image/docker-daemon.ts';
import { makeImage } from '../../src/image/image.ts';
import { parseReference } from '../../src/image/reference.ts';

const signal = new AbortController().signal;
const empty = makeImage([], {
  ...{ format: 'docker', platform: { architecture: 'amd64', os: 'linux' }, settings: {}, annotations: {} },
  ...{ labels: {}, created: 0, history: [] },
});

/** An engine on a socket of its own, which answers a request once it has read it. */
async function engine(
  answer: RequestListener,
): Promise<{ env: Record<string, string>; signal: AbortSignal }> {
  const folder = await mkdtemp(join(tmpdir(), 'mkbase-engine-'));
  const socket = join(folder, 'docker.sock');
  const server = createServer((request, response) => {
    request.resume().on('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  onTestFinished(async () => {
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { env: { DOCKER_HOST: `unix://${socket}` }, signal };
}

const load = (to: Awaited<ReturnType<typeof engine>>) =>
  loadIntoDaemon(empty, { names: [parseReference('base:1')], ...to });

test('an engine that is not there is named by its socket, before any work', async () => {
  const nowhere = { env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' }, signal };
  await expect(pingDaemon(nowhere)).rejects.toMatchObject({
    code: 'target/engine-unreachable',
    hint: expect.stringContaining('`/nowhere/docker.sock`'),
  });
  await expect(load(nowhere)).rejects.toMatchObject({ code: 'target/engine-unreachable' });
});

test('an error in a stream that began with 200 is an error', async () => {
  const to = await engine((_, response) => {
    response.end('{"stream":"Loading"}\n{"error":"no space left on device"}\n');
  });
  await expect(load(to)).rejects.toMatchObject({
    code: 'target/engine-refused',
    message: expect.stringContaining('no space left on device'),
  });
});

test('an engine that says it has loaded the image is believed', async () => {
  await expect(
    load(await engine((_, response) => response.end('{"stream":"Loaded image"}'))),
  ).resolves.toBeUndefined();
});

test('an image that the engine does not have is told from other refusals', async () => {
  const absent = await engine((_, response) => response.writeHead(404).end('{"message":"No such image: x"}'));
  await expect(saveFromDaemon('x', absent)).rejects.toMatchObject({ code: 'image/not-found' });
  const broken = await engine((_, response) => response.writeHead(500).end('{"message":"oh"}'));
  await expect(saveFromDaemon('x', broken)).rejects.toMatchObject({ code: 'target/engine-refused' });
});

test.each(['ssh://host', 'nonsense', 'tcp://host'])('DOCKER_HOST=%s is refused', async (host) => {
  await expect(pingDaemon({ env: { DOCKER_HOST: host }, signal })).rejects.toMatchObject({
    code: 'usage/bad-value',
  });
});
