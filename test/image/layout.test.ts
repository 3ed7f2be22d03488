import { expect, test } from 'vitest';
import { makeIndex } from '../../src/image/image.ts';
import { layoutEntry, layoutFiles, layoutIndex } from '../../src/image/layout.ts';
import { imageOf, textOf } from '../support/image.ts';

const NAMELESS = { tag: null, full: null };

test('index.json has the descriptor of the image, its platform and its names', async () => {
  const image = await imageOf('a');
  const entry = layoutEntry(image, { tag: 'v1', full: 'docker.io/library/base:v1' });
  expect(layoutIndex([entry]).toString()).toBe(
    `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"${image.manifest.digest}","size":${image.manifest.size},"platform":{"architecture":"amd64","os":"linux"},"annotations":{"org.opencontainers.image.ref.name":"v1","io.containerd.image.name":"docker.io/library/base:v1"}}]}`,
  );
});

test('an index has no platform of its own', async () => {
  const index = makeIndex([await imageOf('a')], { format: 'oci', annotations: {} });
  expect(layoutEntry(index, NAMELESS)).not.toHaveProperty('platform');
});

test('a tag moves, others stay', async () => {
  const [a, b] = [await imageOf('a'), await imageOf('b')];
  const entry = (image: typeof a, tag: string | null) => layoutEntry(image, { tag, full: null });
  const before = [entry(a, 'one'), entry(a, 'two'), entry(a, null)];
  const after = JSON.parse(layoutIndex([entry(b, 'one')], before).toString());
  expect(after.manifests).toEqual([entry(a, 'two'), entry(a, null), entry(b, 'one')]);
});

test('the files stand under their digests, small ones before the index of them', async () => {
  const image = await imageOf('a');
  const files = layoutFiles(image, []);
  const path = (digest: string) => `blobs/${digest.replace(':', '/')}`;
  expect(files.map((file) => file.path)).toEqual([
    'oci-layout',
    'index.json',
    path(image.layers[0]!.digest),
    path(image.config.digest),
    path(image.manifest.digest),
  ]);
  expect(await textOf(files[0]!.blob)).toBe('{"imageLayoutVersion":"1.0.0"}');
});
