import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesBlob } from '../../src/image/blob.ts';
import { makeIndex } from '../../src/image/image.ts';
import { writeOciLayout } from '../../src/image/oci-layout.ts';
import { companionOf } from '../../src/registry/attachment.ts';
import { pushCompanion } from '../../src/registry/companion.ts';
import { copyImage } from '../../src/targets/copy.ts';
import { parseImageSource } from '../../src/targets/image-source.ts';
import { isImageTarget, parseTarget } from '../../src/targets/target.ts';
import { failureOf, imageOf, open, quickSession, serveRegistry } from '../registry/support.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mkbase-copy-'));
});
afterEach(() => rm(folder, { recursive: true }));

const IMAGES = [imageOf('amd', 'amd64'), imageOf('arm', 'arm64')];
const INDEX = makeIndex(IMAGES, { format: 'oci', annotations: {} });

describe('copyImage', () => {
  it('carries an index from a layout over two registries into an archive, byte for byte', async () => {
    await writeOciLayout(INDEX, { directory: join(folder, 'layout'), tags: ['1'] });
    const servers = [await serveRegistry(), await serveRegistry({ tokens: true })];
    const [one, two] = servers.map(({ host }) => `docker://${host}/base:1`);
    await copy('layout:1', one!);
    await copy(one!, two!);
    await copy(two!, 'oci-archive:out.tar:x');
    expect(await copy('out.tar:x', 'oci:again:y')).toBe(INDEX.manifest.digest);
    expect(await readFile(join(folder, 'again/index.json'), 'utf8')).toContain(INDEX.manifest.digest);
  });

  it('takes one architecture where it is asked to', async () => {
    await writeOciLayout(INDEX, { directory: join(folder, 'layout'), tags: [] });
    expect(await copy('layout', 'docker-archive:arm.tar:base', 'arm64')).toBe(IMAGES[1]!.manifest.digest);
    expect(await failureOf(copy('layout', 'oci:other', 's390x'))).toMatchObject({
      code: 'image/no-such-architecture',
      hint: expect.stringContaining('amd64, arm64'),
    });
  });

  it('reads nothing of a large blob between repositories of one registry', async () => {
    await writeOciLayout(INDEX, { directory: join(folder, 'layout'), tags: [] });
    const server = await serveRegistry();
    await copy('layout', `docker://${server.host}/a:1`);
    server.requests.length = 0;
    await copy(`docker://${server.host}/a:1`, `docker://${server.host}/b:1`);
    const layers = IMAGES.map(({ layers: [layer] }) => layer!.digest);
    const moved = server.requests.filter(({ method, path }) => {
      return /GET|PUT/.test(method) && layers.some((digest) => path.includes(digest));
    });
    expect(moved).toEqual([]);
  });

  it.each([true, false])('takes along what the registry keeps beside the image: %s', async (referrers) => {
    await writeOciLayout(INDEX, { directory: join(folder, 'layout'), tags: [] });
    const server = await serveRegistry({ referrers: true });
    await copy('layout', `docker://${server.host}/a:1`);
    const registry = open(`${server.host}/a`, quickSession());
    const [subject, text] = [IMAGES[0]!.manifest, bytesBlob('text/plain', Buffer.from('bill of materials'))];
    await pushCompanion(companionOf({ artifactType: 'text/plain', subject, blob: text }), registry);
    await copy(`docker://${server.host}/a:1`, `docker://${server.host}/b:1`, null, referrers);
    const found = await open(`${server.host}/b`, quickSession()).referrers(subject.digest);
    expect(found).toHaveLength(referrers ? 1 : 0);
    expect(server.repository('b').blobs.has(text.digest)).toBe(referrers);
  });

  it('makes no file of an image that is not whole', async () => {
    await writeOciLayout(INDEX, { directory: join(folder, 'layout'), tags: [] });
    const server = await serveRegistry();
    await copy('layout', `docker://${server.host}/base:1`);
    const layer = IMAGES[0]!.layers[0]!.digest;
    server.repository('base').blobs.set(layer, Buffer.from('arg'));
    const error = await failureOf(copy(`docker://${server.host}/base:1`, 'oci-archive:out.tar'));
    expect(error).toMatchObject({ code: 'registry/wrong-digest' });
    expect(await failureOf(readFile(join(folder, 'out.tar')))).toMatchObject({ code: 'ENOENT' });
  });

  it('reads nothing where the registry would not take it', async () => {
    const server = await serveRegistry({ account: 'me:secret' });
    const error = await failureOf(copy('docker://127.0.0.1:1/not/there', `docker://${server.host}/base`));
    expect(error).toMatchObject({ code: 'registry/no-account' });
  });
});

async function copy(
  image: string,
  target: string,
  arch: string | null = null,
  referrers = true,
): Promise<string> {
  const parsed = await parseTarget(target, { cwd: folder, stdoutIsTerminal: false, tags: [] });
  if (!isImageTarget(parsed)) throw new Error(target);
  const source = await parseImageSource(image, folder);
  const { manifest } = await copyImage({ source, arch, referrers }, [parsed], {
    env: { HOME: '/nonexistent' },
    signal: new AbortController().signal,
    emit: () => {},
  });
  return manifest.digest;
}
