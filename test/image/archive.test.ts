import { expect, test } from 'vitest';
import { readTar } from '../../src/formats/tar.ts';
import { dockerArchive, ociArchive } from '../../src/image/archive.ts';
import { collect } from '../../src/image/blob.ts';
import { parseReference } from '../../src/image/reference.ts';
import { imageOf, sha256 } from '../support/image.ts';

test("docker's archive is a layout of the first name, and a manifest of all over the same blobs", async () => {
  const image = await imageOf('a');
  const names = ['base:one', 'registry.example/base:two'].map(parseReference);
  const entries = readTar(await collect(dockerArchive(image, names)));
  const content = new Map(entries.map(({ path, body }) => [path, body.toString()]));
  const path = ({ digest }: { digest: string }) => `blobs/${digest.replace(':', '/')}`;
  expect(content.get('manifest.json')).toBe(
    `[{"Config":"${path(image.config)}","RepoTags":["base:one","registry.example/base:two"],"Layers":["${path(image.layers[0]!)}"]}]`,
  );
  const { manifests } = JSON.parse(content.get('index.json')!);
  expect(manifests).toHaveLength(1);
  expect(manifests[0].annotations).toEqual({
    'org.opencontainers.image.ref.name': 'one',
    'io.containerd.image.name': 'docker.io/library/base:one',
  });
  for (const blob of [image.config, image.manifest, ...image.layers]) {
    expect(sha256(entries.find((entry) => entry.path === path(blob))!.body)).toBe(blob.digest.slice(7));
  }
});

test('two archives of an image are the same, without times or owners', async () => {
  const [one, other] = [
    await collect(ociArchive(await imageOf('a'), ['v1'])),
    await collect(ociArchive(await imageOf('a'), ['v1'])),
  ];
  expect(one.equals(other)).toBe(true);
  for (const entry of readTar(one)) expect(entry).toMatchObject({ uid: 0, gid: 0, mtime: 0, uname: '' });
});

test('an archive of a layout has no manifest of docker, and an entry for each tag', async () => {
  const entries = readTar(await collect(ociArchive(await imageOf('a'), ['v1', 'v2'])));
  expect(entries.map(({ path }) => path)).not.toContain('manifest.json');
  const index = entries.find(({ path }) => path === 'index.json')!;
  expect(JSON.parse(index.body.toString()).manifests).toHaveLength(2);
});
