import { createWriteStream } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { readTar } from '../../src/formats/tar.ts';
import { dockerArchive, ociArchive } from '../../src/image/archive.ts';
import {
  type Blob,
  bytesBlob,
  collect,
  type Descriptor,
  descriptorOf,
  jsonBlob,
} from '../../src/image/blob.ts';
import {
  blobsOf,
  type Image,
  type ImageIndex,
  makeImage,
  makeIndex,
  manifestsOf,
} from '../../src/image/image.ts';
import { blobPath, layoutIndex } from '../../src/image/layout.ts';
import { MEDIA_TYPES } from '../../src/image/media-types.ts';
import { writeOciLayout } from '../../src/image/oci-layout.ts';
import { type ArchiveKind, openArchive } from '../../src/image/read-archive.ts';
import { wholeIndex } from '../../src/image/read-image.ts';
import { directoryFiles, readLayout } from '../../src/image/read-layout.ts';
import { parseReference } from '../../src/image/reference.ts';
import { imageOf, layerOf, OPTIONS, sha256 } from '../support/image.ts';
import { buildTar, type TarSpec } from '../support/tar.ts';

const folder = await mkdtemp(join(tmpdir(), 'mkbase-read-'));
let made = 0;
const fresh = () => join(folder, `x${made++}`);

afterAll(() => rm(folder, { recursive: true, force: true }));

async function layoutWith(image: Image | ImageIndex, tags: readonly string[]): Promise<string> {
  const directory = fresh();
  await writeOciLayout(image, { directory, tags });
  return directory;
}

async function fileOf(tar: AsyncIterable<Buffer>): Promise<string> {
  const file = fresh();
  await pipeline(Readable.from(tar), createWriteStream(file));
  return file;
}

async function digestIn(file: string, name: string | null, kind: ArchiveKind = 'any'): Promise<string> {
  const { image, close } = await openArchive(file, { kind, name });
  try {
    return image.manifest.digest;
  } finally {
    await close();
  }
}

const code = (text: string) => expect.objectContaining({ code: text });

describe('what was written is read back with the same digests and bytes', () => {
  test('a layout', async () => {
    const image = await imageOf('a');
    const read = await readLayout(directoryFiles(await layoutWith(image, ['v1'])), 'v1');
    expect(blobsOf(read).map(({ digest }) => digest)).toEqual(blobsOf(image).map(({ digest }) => digest));
    for (const blob of blobsOf(read)) {
      expect(`sha256:${sha256(await collect(blob.open()))}`).toBe(blob.digest);
    }
    expect((read as Image).layers[0]!.diffId).toBe(image.layers[0]!.diffId);
    expect((read as Image).platform).toEqual(image.platform);
  });

  test('a layout of several architectures', async () => {
    const other = await imageOf('b', { platform: { architecture: 'arm64', os: 'linux', variant: 'v8' } });
    const index = makeIndex([await imageOf('a'), other], { format: 'oci', annotations: { a: 'b' } });
    const read = await readLayout(directoryFiles(await layoutWith(index, [])), null);
    expect(read.manifest.digest).toBe(index.manifest.digest);
    expect((read as ImageIndex).images[1]).toMatchObject({ platform: other.platform });
  });

  test('archives of both kinds, packed as a whole or not', async () => {
    const image = await imageOf('a');
    const oci = await fileOf(ociArchive(image, ['v1']));
    expect(await digestIn(oci, null)).toBe(image.manifest.digest);
    const docker = await fileOf(dockerArchive(image, ['base:v1', 'base:v2'].map(parseReference)));
    for (const name of [null, 'v1', 'base:v1', 'docker.io/library/base:v1', 'base:v2']) {
      expect(await digestIn(docker, name)).toBe(image.manifest.digest);
    }
    const packed = fresh();
    await pipeline(Readable.from([await readFile(docker)]), createGzip(), createWriteStream(packed));
    expect(await digestIn(packed, 'base:v2')).toBe(image.manifest.digest);
  });

  test("docker's archive alone keeps the configuration, which is the image's id", async () => {
    for (const codec of ['gzip', 'none', 'zstd'] as const) {
      const image = makeImage([await layerOf('a', codec)], OPTIONS);
      const file = await fileOf(dockerArchive(image, [parseReference('base:v1')]));
      const { image: read, close } = await openArchive(file, { kind: 'docker-archive', name: 'base:v1' });
      expect(read).toMatchObject({ config: { digest: image.config.digest } });
      expect((read as Image).layers[0]).toMatchObject({
        digest: image.layers[0]!.digest,
        mediaType: image.layers[0]!.mediaType,
      });
      await close();
    }
  });

  test('archives that were unpacked and packed again with `./` before every path', async () => {
    const image = await imageOf('a');
    for (const tar of [ociArchive(image, ['v1']), dockerArchive(image, [parseReference('base:v1')])]) {
      const items = readTar(await collect(tar));
      const again = buildTar([
        { path: './', type: 'directory' },
        ...items.map(({ path, type, body }): TarSpec => {
          return { path: `./${path}`, type: type === 'dir' ? 'directory' : 'file', content: body };
        }),
      ]);
      const file = fresh();
      await writeFile(file, again);
      expect(await digestIn(file, null)).toBe(image.manifest.digest);
      await expect(digestIn(file, 'nope')).rejects.toThrow(code('image/no-such-name'));
    }
    const file = fresh();
    await writeFile(
      file,
      buildTar([
        { path: './', type: 'directory' },
        { path: './x', content: '' },
      ]),
    );
    await expect(digestIn(file, null)).rejects.toThrow(code('image/not-found'));
  });

  test('an archive as docker before 25 saves it: layers in folders, some as links to others', async () => {
    const { config } = await imageOf('a');
    const layer = await collect((await layerOf('a', 'none')).open());
    const document = JSON.parse((await collect(config.open())).toString());
    const diffIds = [document.rootfs.diff_ids[0], document.rootfs.diff_ids[0]];
    const twice = JSON.stringify({ ...document, rootfs: { type: 'layers', diff_ids: diffIds } });
    const manifest = [{ Config: 'c.json', RepoTags: null, Layers: ['1/layer.tar', '2/layer.tar'] }];
    const file = fresh();
    await writeFile(
      file,
      buildTar([
        { path: '1', type: 'directory' },
        { path: '1/layer.tar', content: layer },
        { path: '2/layer.tar', type: 'symlink', target: '../1/layer.tar' },
        { path: 'c.json', content: twice },
        { path: 'manifest.json', content: JSON.stringify(manifest) },
      ]),
    );
    const { image, close } = await openArchive(file, { kind: 'any', name: null });
    expect((image as Image).layers.map(({ diffId }) => diffId)).toEqual(diffIds);
    await close();
  });
});

describe('an index as `docker buildx` and others make them', () => {
  const unknown = { architecture: 'unknown', os: 'unknown' };
  const statement = bytesBlob('application/vnd.in-toto+json', Buffer.from('{}'));
  const manifest = { schemaVersion: 2, mediaType: MEDIA_TYPES.oci.manifest };

  /** A layout of an index of `image` and more, which are written unless they are to be absent. */
  async function indexed(image: Image, others: readonly Blob[], parts: readonly Blob[]): Promise<string> {
    const index = jsonBlob(MEDIA_TYPES.oci.index, {
      schemaVersion: 2,
      manifests: [
        { ...descriptorOf(image.manifest), platform: image.platform },
        ...others.map((one) => ({ ...descriptorOf(one), platform: unknown })),
      ],
    });
    const directory = await layoutWith(image, []);
    for (const blob of [...parts, index]) {
      await writeFile(join(directory, blobPath(blob)), await collect(blob.open()));
    }
    await rewriteIndex(directory, index);
    return directory;
  }

  const attested = jsonBlob(MEDIA_TYPES.oci.config, {
    ...unknown,
    rootfs: { type: 'layers', diff_ids: [statement.digest] },
  });
  const empty = bytesBlob('application/vnd.oci.empty.v1+json', Buffer.from('{}'));
  test.each([
    ['an attestation with the configuration of an image', attested],
    ['an OCI artifact', empty],
  ])('%s goes along and is no image', async (_, config) => {
    const image = await imageOf('a');
    const other = jsonBlob(MEDIA_TYPES.oci.manifest, {
      ...manifest,
      config: descriptorOf(config),
      layers: [descriptorOf(statement)],
    });
    const directory = await indexed(image, [other], [config, statement, other]);
    const read = (await readLayout(directoryFiles(directory), null)) as ImageIndex;
    expect(read.images.map((one) => one.manifest.digest)).toEqual([image.manifest.digest]);
    expect(read.leftOut).toEqual([]);
    const copied = (await readLayout(directoryFiles(await layoutWith(read, [])), null)) as ImageIndex;
    expect(copied.manifest.digest).toBe(read.manifest.digest);
    expect(copied.artifacts.map((one) => one.manifest.digest)).toEqual([other.digest]);
    expect(manifestsOf(copied).map(({ digest }) => digest)).toEqual([
      ...[image.manifest.digest, other.digest, read.manifest.digest],
    ]);
  });

  test('one that is not whole is what is there of it', async () => {
    const image = await imageOf('a');
    const gone = jsonBlob(MEDIA_TYPES.oci.manifest, { gone: true });
    const strange = bytesBlob('application/x-strange', Buffer.from('x'));
    const read = await readLayout(directoryFiles(await indexed(image, [gone, strange], [strange])), null);
    expect(read).toMatchObject({ leftOut: [gone.digest, strange.digest], artifacts: [] });
    const whole = await wholeIndex(read as ImageIndex);
    const copied = (await readLayout(directoryFiles(await layoutWith(whole, [])), null)) as ImageIndex;
    expect(copied.images.map((one) => one.manifest.digest)).toEqual([image.manifest.digest]);
    expect(copied.leftOut).toEqual([]);
  });

  test('one without any image is refused', async () => {
    const image = await imageOf('a');
    const directory = await indexed(image, [], []);
    await rm(join(directory, blobPath(image.manifest)));
    await expect(readLayout(directoryFiles(directory), null)).rejects.toThrow(code('image/missing-blob'));
  });
});

describe('names', () => {
  test('of several images one must be named, and a wrong name is answered with those there are', async () => {
    const directory = await layoutWith(await imageOf('a'), ['one']);
    await writeOciLayout(await imageOf('b'), { directory, tags: ['two'] });
    const files = directoryFiles(directory);
    await expect(readLayout(files, null)).rejects.toThrow(code('image/name-needed'));
    await expect(readLayout(files, 'tow')).rejects.toThrow(
      expect.objectContaining({ code: 'image/no-such-name', hint: 'did you mean `two`' }),
    );
  });

  test('one image under several names needs none', async () => {
    const image = await imageOf('a');
    const read = await readLayout(directoryFiles(await layoutWith(image, ['one', 'two'])), null);
    expect(read.manifest.digest).toBe(image.manifest.digest);
  });
});

describe('what is not sound is refused', () => {
  test('a blob whose bytes are others is found when it is read', async () => {
    const image = await imageOf('a');
    const directory = await layoutWith(image, []);
    const layer = join(directory, blobPath(image.layers[0]!));
    const bytes = await readFile(layer);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(layer, bytes);
    const read = (await readLayout(directoryFiles(directory), null)) as Image;
    await expect(collect(read.layers[0]!.open())).rejects.toThrow(code('image/digest-mismatch'));
  });

  test('a blob that grows while it is read', async () => {
    const image = await imageOf('a');
    const directory = await layoutWith(image, []);
    const read = (await readLayout(directoryFiles(directory), null)) as Image;
    await truncate(join(directory, blobPath(image.layers[0]!)), 10_000);
    await expect(collect(read.layers[0]!.open())).rejects.toThrow(code('image/digest-mismatch'));
  });

  test.each<[string, string, (image: Image, directory: string) => Promise<unknown>]>([
    ['a blob that is missing', 'missing-blob', (image, at) => rm(join(at, blobPath(image.config)))],
    [
      'a blob of another size',
      'missing-blob',
      (image, at) => truncate(join(at, blobPath(image.layers[0]!)), 3),
    ],
    [
      'a changed manifest',
      'digest-mismatch',
      async (image, at) => {
        const file = join(at, blobPath(image.manifest));
        await writeFile(file, (await readFile(file, 'utf8')).replace('schemaVersion":2', 'schemaVersion":3'));
      },
    ],
    ['an index that is no JSON', 'bad-document', (_, at) => writeFile(join(at, 'index.json'), '{')],
    ['an index without a list', 'bad-document', (_, at) => writeFile(join(at, 'index.json'), '{}')],
    ['an index that is a list', 'bad-document', (_, at) => writeFile(join(at, 'index.json'), '[]')],
    ['no index', 'not-found', (_, at) => rm(join(at, 'index.json'))],
    [
      'an index with nothing in it',
      'no-such-name',
      (_, at) => writeFile(join(at, 'index.json'), '{"manifests":[]}'),
    ],
    ['an absurdly large index', 'too-large', (_, at) => truncate(join(at, 'index.json'), 2 ** 23)],
    [
      'a manifest of an absurd size',
      'too-large',
      (image, at) => rewriteIndex(at, { ...image.manifest, size: 2 ** 30 }),
    ],
    [
      'a size that is not a number',
      'bad-document',
      (image, at) => rewriteIndex(at, { ...image.manifest, size: -1 }),
    ],
    [
      'another digest algorithm',
      'bad-document',
      (image, at) =>
        rewriteIndex(at, { ...image.manifest, digest: `sha512:${'0'.repeat(128)}` as `sha256:${string}` }),
    ],
    [
      'a path for a digest',
      'bad-document',
      (image, at) => rewriteIndex(at, { ...image.manifest, digest: 'sha256:../../../etc/passwd' }),
    ],
    [
      'a link to nothing',
      'missing-blob',
      async (image, at) => {
        await rm(join(at, blobPath(image.config)));
        await symlink('nowhere', join(at, blobPath(image.config)));
      },
    ],
    [
      'an artifact',
      'no-image',
      (image, at) => rewriteIndex(at, { ...image.manifest, mediaType: 'application/x' }),
    ],
  ])('%s', async (_, error, spoil) => {
    const image = await imageOf('a');
    const directory = await layoutWith(image, []);
    await spoil(image, directory);
    await expect(readLayout(directoryFiles(directory), null)).rejects.toThrow(code(`image/${error}`));
  });

  test('a configuration that tells of another number of layers', async () => {
    const image = await imageOf('a');
    const more = makeImage([...image.layers, ...image.layers], OPTIONS);
    const mixed = { ...image, manifest: more.manifest };
    const document = JSON.parse((await collect(more.manifest.open())).toString());
    document.layers.pop();
    const directory = await layoutWith(more, []);
    const manifest = Buffer.from(JSON.stringify(document));
    const digest = `sha256:${sha256(manifest)}` as const;
    await writeFile(join(directory, blobPath({ digest })), manifest);
    await rewriteIndex(directory, { ...mixed.manifest, digest, size: manifest.length });
    await expect(readLayout(directoryFiles(directory), null)).rejects.toThrow(code('image/bad-document'));
  });

  const layer = { path: 'l.tar', content: buildTar([{ path: 'x', content: 'x' }]) };
  const config = {
    rootfs: { diff_ids: [`sha256:${sha256(layer.content)}`] },
    architecture: 'amd64',
    os: 'linux',
  };
  const entry = { Config: 'c.json', RepoTags: ['a:b'], Layers: ['l.tar'] };
  const archive = (manifest: unknown, ...files: TarSpec[]): TarSpec[] => [
    ...files,
    { path: 'c.json', content: JSON.stringify(config) },
    { path: 'manifest.json', content: JSON.stringify(manifest) },
  ];
  test.each<[string, string, TarSpec[]]>([
    ['nothing at all', 'not-found', [{ path: 'x' }]],
    ['a manifest that is no list', 'bad-document', archive({}, layer)],
    ['a manifest without layers', 'bad-document', archive([{ ...entry, Layers: 'x' }], layer)],
    ['a missing layer', 'missing-blob', archive([entry])],
    ['a missing configuration', 'missing-blob', archive([{ ...entry, Config: 'd.json' }], layer)],
    ['fewer layers than the configuration', 'bad-document', archive([{ ...entry, Layers: [] }], layer)],
    ['a layer of another diffID', 'digest-mismatch', archive([entry], { path: 'l.tar', content: 'x' })],
    [
      'a loop of links',
      'missing-blob',
      archive([entry], { path: 'l.tar', type: 'symlink', target: 'l.tar' }),
    ],
    [
      'a link out of the archive',
      'missing-blob',
      archive([entry], { path: 'l.tar', type: 'symlink', target: '../../etc/passwd' }),
    ],
    ['two images and no name', 'name-needed', archive([entry, { ...entry, Config: 'd.json' }], layer)],
  ])("docker's archive: %s", async (_, error, files) => {
    const file = fresh();
    await writeFile(file, buildTar(files));
    await expect(openArchive(file, { kind: 'any', name: null })).rejects.toThrow(code(`image/${error}`));
  });

  test('what is no tar, is cut short or is not there', async () => {
    const file = fresh();
    await writeFile(file, 'x'.repeat(2000));
    await expect(digestIn(file, null)).rejects.toThrow(code('image/unreadable'));
    await cp(await fileOf(ociArchive(await imageOf('a'), [])), file);
    await truncate(file, 2600);
    await expect(digestIn(file, null)).rejects.toThrow(code('image/unreadable'));
    await expect(digestIn(join(folder, 'absent'), null)).rejects.toThrow(code('image/not-found'));
  });
});

function rewriteIndex(directory: string, entry: Descriptor): Promise<void> {
  const { mediaType, digest, size } = entry;
  return writeFile(join(directory, 'index.json'), layoutIndex([{ mediaType, digest, size }]));
}
