import { describe, expect, it } from 'vitest';
import { type Blob, bytesBlob, bytesOf, descriptorOf, jsonBlob } from '../../src/image/blob.ts';
import { blobsOf, makeIndex } from '../../src/image/image.ts';
import { parseReference } from '../../src/image/reference.ts';
import { companionOf } from '../../src/registry/attachment.ts';
import { companionsOf, pushCompanion } from '../../src/registry/companion.ts';
import { pullImage } from '../../src/registry/pull-image.ts';
import { pushImage } from '../../src/registry/push-image.ts';
import { failureOf, imageOf, open, pool, quickSession, serveRegistry } from './support.ts';

const CONTENT = Buffer.alloc(3_000_000, 'some content');
const blob = bytesBlob('application/octet-stream', CONTENT);

describe('pullImage', () => {
  it('gives what was pushed, byte for byte', async () => {
    const server = await serveRegistry({ tokens: true });
    const images = [imageOf('amd', 'amd64'), imageOf('arm', 'arm64')];
    const index = makeIndex(images, { format: 'oci', annotations: { a: 'b' } });
    const name = parseReference(`${server.host}/team/base:1`);
    await pushImage(index, [name], { open: pool() });
    const pulled = await pullImage(name, quickSession());
    const bytes = (image: typeof index) => Promise.all(blobsOf(image).map(bytesOf));
    expect(pulled.manifest.digest).toBe(index.manifest.digest);
    expect(await bytes(pulled as typeof index)).toEqual(await bytes(index));
  });

  it('takes a digest', async () => {
    const server = await serveRegistry();
    const image = imageOf('x');
    await pushImage(image, [parseReference(`${server.host}/base:1`)], { open: pool() });
    const name = parseReference(`${server.host}/base@${image.manifest.digest}`);
    expect((await pullImage(name, quickSession())).manifest.digest).toBe(image.manifest.digest);
  });

  it('copies within a registry by mounting', async () => {
    const server = await serveRegistry({ tokens: true });
    const session = quickSession();
    await pushImage(imageOf(CONTENT), [parseReference(`${server.host}/a/base:1`)], { open: pool() });
    const image = await pullImage(parseReference(`${server.host}/a/base:1`), session);
    server.requests.length = 0;
    await pushImage(image, [parseReference(`${server.host}/b/base:1`)], { open: pool(session) });
    expect(
      server.requests.filter(({ method, path }) => /PUT|GET/.test(method) && path.includes('/blobs/')),
    ).toEqual([]);
  });

  it('says so where there is no such image', async () => {
    const server = await serveRegistry();
    const error = await failureOf(pullImage(parseReference(`${server.host}/base:1`), quickSession()));
    expect(error).toMatchObject({
      code: 'registry/not-found',
      message: `there is no image \`${server.host}/base:1\``,
    });
  });
});

describe('a manifest', () => {
  it.each([
    ['of another digest', {}, '{"a":1}', 'registry/wrong-digest'],
    ['that is no JSON', {}, 'junk', 'registry/wrong-digest'],
    ['that is a web page', { 'content-type': 'text/html' }, '<html>', 'registry/not-a-registry'],
    ['that does not end', {}, 'x'.repeat(5 * 2 ** 20), 'registry/too-large'],
  ])('%s is refused', async (_, headers, body, code) => {
    const server = await serveRegistry();
    server.faults.push({
      ...{ method: 'GET', path: /manifests/, times: 9 },
      answer: (_request, response) => response.writeHead(200, headers).end(body),
    });
    const registry = open(`${server.host}/base`, quickSession(), 'pull');
    expect(await failureOf(registry.manifest(blob.digest))).toMatchObject({ code });
  });

  it('is not what a server says it is where the digest is another', async () => {
    const server = await serveRegistry();
    server.faults.push({
      ...{ method: 'GET', path: /manifests/, times: 1 },
      answer: (_, response) => response.writeHead(200, { 'docker-content-digest': blob.digest }).end('{}'),
    });
    const error = await failureOf(open(`${server.host}/base`, quickSession(), 'pull').manifest('1'));
    expect(error).toMatchObject({ code: 'registry/wrong-digest' });
  });
});

describe('a blob', () => {
  it('goes on where a download was cut', async () => {
    const server = await serveRegistry();
    server.repository('base').blobs.set(blob.digest, CONTENT);
    server.faults.push({
      ...{ method: 'GET', path: /blobs/, times: 1 },
      answer: (_, response) => {
        response.writeHead(200, { 'content-length': CONTENT.length });
        response.write(CONTENT.subarray(0, 1_000_000), () => response.destroy());
      },
    });
    expect((await read(server.host)).equals(CONTENT)).toBe(true);
    expect(server.requests.at(-1)?.headers.range).toMatch(/^bytes=\d+-$/);
  });

  it('is taken from its beginning by a server that heeds no range', async () => {
    const server = await serveRegistry();
    server.repository('base').blobs.set(blob.digest, CONTENT);
    const answers = [1_000_000, CONTENT.length];
    server.faults.push({
      ...{ method: 'GET', path: /blobs/, times: 2 },
      answer: (_, response) => {
        response.writeHead(200, { 'content-length': CONTENT.length });
        const bytes = CONTENT.subarray(0, answers.shift());
        response.write(bytes, () => (bytes.length < CONTENT.length ? response.destroy() : response.end()));
      },
    });
    expect((await read(server.host)).equals(CONTENT)).toBe(true);
  });

  it.each([
    ['other content', Buffer.alloc(CONTENT.length, 'x'), 'registry/wrong-digest'],
    ['more', Buffer.concat([CONTENT, CONTENT]), 'registry/wrong-digest'],
    ['less', CONTENT.subarray(1), 'registry/cut'],
  ])('with %s is refused', async (_, content, code) => {
    const server = await serveRegistry();
    server.faults.push({
      ...{ method: 'GET', path: /blobs/, times: 9 },
      answer: (_request, response) => response.writeHead(200).end(content),
    });
    expect(await failureOf(read(server.host))).toMatchObject({ code });
  });

  it('is not held up by a byte now and then', async () => {
    const server = await serveRegistry();
    server.faults.push({
      ...{ method: 'GET', path: /blobs/, times: 9 },
      answer: (_, response) => {
        response.writeHead(200, { 'content-length': CONTENT.length });
        const timer = setInterval(() => response.write('x'), 50);
        response.once('close', () => clearInterval(timer));
      },
    });
    const session = quickSession({ timeouts: { connect: 10_000, idle: 500 } });
    const reading = bytesOf(open(`${server.host}/base`, session, 'pull').blob(descriptorOf(blob)));
    expect(await failureOf(reading)).toMatchObject({
      code: 'registry/timeout',
      message: expect.stringContaining('fewer than 1000 bytes a second'),
    });
  });

  function read(host: string): Promise<Buffer> {
    return bytesOf(open(`${host}/base`, quickSession(), 'pull').blob(descriptorOf(blob)));
  }
});

describe('tags', () => {
  it('are listed over all pages', async () => {
    const server = await serveRegistry();
    const tags = Array.from({ length: 250 }, (_, index) => `v${1000 + index}`);
    for (const tag of tags)
      server.repository('base').manifests.set(tag, { mediaType: 'a/b', bytes: Buffer.from('') });
    expect(await open(`${server.host}/base`, quickSession(), 'pull').tags()).toEqual(tags);
  });

  it('are none where there is no such repository', async () => {
    const server = await serveRegistry();
    server.faults.push({
      ...{ method: 'GET', path: /tags/, times: 1 },
      answer: (_, response) => response.writeHead(404).end('{}'),
    });
    expect(await open(`${server.host}/base`, quickSession(), 'pull').tags()).toEqual([]);
  });
});

describe.each([
  ['with the referrers API', true],
  ['without it, by the tag', false],
])('referrers %s', (_, referrers) => {
  it('go along to another registry, with what refers to them, and with signatures under tags', async () => {
    const [here, there] = [await serveRegistry({ referrers }), await serveRegistry({ referrers })];
    const image = imageOf('x');
    const index = makeIndex([image], { format: 'oci', annotations: {} });
    const session = quickSession();
    await pushImage(index, [parseReference(`${here.host}/base:1`)], { open: pool(session) });
    const from = open(`${here.host}/base`, session);
    const attached = (subject: Blob, text: string) => {
      const blob = bytesBlob('text/plain', Buffer.from(text));
      return companionOf({ artifactType: `application/x-${text}`, subject, blob });
    };
    const sbom = attached(image.manifest, 'sbom');
    const signature = attached(sbom.manifest, 'signature');
    const lock = attached(index.manifest, 'lock');
    for (const one of [sbom, signature, lock]) await pushCompanion(one, from);
    const tag = `${index.manifest.digest.replace(':', '-')}.sig`;
    await pushImage(imageOf('old signature'), [parseReference(`${here.host}/base:${tag}`)], {
      open: pool(session),
    });

    const beside = await companionsOf(index, from);
    await pushImage(index, [parseReference(`${there.host}/copy:1`)], { open: pool(session), beside });
    const to = open(`${there.host}/copy`, session);
    for (const [subject, expected] of [
      [image.manifest, sbom],
      [sbom.manifest, signature],
      [index.manifest, lock],
    ] as const) {
      expect((await to.referrers(subject.digest)).map(({ digest }) => digest)).toEqual([
        expected.manifest.digest,
      ]);
    }
    expect(await to.digest(tag)).toBe(imageOf('old signature').manifest.digest);
  });

  it('are what was attached', async () => {
    const server = await serveRegistry({ referrers });
    const image = imageOf('x');
    await pushImage(image, [parseReference(`${server.host}/base:1`)], { open: pool() });
    const registry = open(`${server.host}/base`, quickSession());
    const subject = descriptorOf(image.manifest);
    expect(await registry.referrers(subject.digest)).toEqual([]);
    const blob = bytesBlob('text/plain', Buffer.from('one'));
    const companion = companionOf({ artifactType: 'application/x-one', subject, blob });
    const first = companion.manifest;
    expect(await pushCompanion(companion, registry)).toBe(true);
    expect(await pushCompanion(companion, registry)).toBe(true);
    const about = { artifactType: 'application/x-two', annotations: { 'org.example.a': 'b' } };
    const document = { ...JSON.parse((await bytesOf(first)).toString()), ...about };
    const second = jsonBlob(first.mediaType, document);
    await registry.pushManifest(second, null);
    const all = await registry.referrers(subject.digest);
    expect(all.map(({ digest }) => digest).sort()).toEqual([first.digest, second.digest].sort());
    expect(await registry.referrers(subject.digest, 'application/x-two')).toEqual([
      { ...descriptorOf(second), ...about },
    ]);
    expect(server.repository('base').manifests.has(subject.digest.replace(':', '-'))).toBe(!referrers);
  });
});

it.each([400, 403, 405, 415])(
  'a document of a kind that a registry does not take is left out: %i',
  async (code) => {
    const server = await serveRegistry();
    const image = imageOf('x');
    const session = quickSession();
    const registry = open(`${server.host}/base`, session);
    await pushImage(image, [parseReference(`${server.host}/base:1`)], { open: pool() });
    server.faults.push({
      ...{ method: 'PUT', path: /manifests/, times: 1 },
      answer: (request, response) => {
        const errors = [
          { code: 'MANIFEST_INVALID', message: 'manifest invalid', detail: 'unknown media type: a/b' },
        ];
        request.resume().on('end', () => response.writeHead(code).end(JSON.stringify({ errors })));
      },
    });
    const blob = bytesBlob('a/b', Buffer.from('one'));
    const companion = companionOf({ artifactType: 'a/b', subject: image.manifest, blob });
    expect(await pushCompanion(companion, registry)).toBe(false);
    expect(session.warnings).toEqual([
      expect.stringMatching(/^`a\/b` is not kept beside the image: .*unknown media type: a\/b/),
    ]);
  },
);

it('a list of referrers without end is not gathered', async () => {
  const server = await serveRegistry();
  const page = JSON.stringify({ manifests: [], padding: 'x'.repeat(4_000_000) });
  server.faults.push({
    ...{ method: 'GET', path: /referrers/, times: 1000 },
    answer: ({ url }, response) => response.writeHead(200, { link: `<${url}>; rel="next"` }).end(page),
  });
  const listing = open(`${server.host}/base`, quickSession(), 'pull').referrers(`sha256:${'0'.repeat(64)}`);
  expect(await failureOf(listing)).toMatchObject({ code: 'registry/bad-answer' });
  expect(server.requests).toHaveLength(9);
});
