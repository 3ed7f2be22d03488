import { expect, test } from 'vitest';
import { blobsOf, makeImage, makeIndex } from '../../src/image/image.ts';
import { imageOf, layerOf, OPTIONS, sha256, textOf } from '../support/image.ts';

test('the manifest names configuration and layers by digest and size, and has the annotations', async () => {
  const { manifest, config, layers } = await imageOf('a');
  const [layer] = layers;
  expect(await textOf(manifest)).toBe(
    `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"${config.digest}","size":${config.size}},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"${layer!.digest}","size":${layer!.size}}],"annotations":{"org.opencontainers.image.version":"test"}}`,
  );
  expect(manifest.digest).toBe(`sha256:${sha256(await textOf(manifest))}`);
  expect(config.digest).toBe(`sha256:${sha256(await textOf(config))}`);
});

test('the same layer, packed in other ways, has the same diffID and so the same configuration', async () => {
  const layers = await Promise.all((['gzip', 'zstd', 'none'] as const).map((codec) => layerOf('a', codec)));
  expect(new Set(layers.map(({ diffId }) => diffId)).size).toBe(1);
  const images = layers.map((layer) => makeImage([layer], OPTIONS));
  expect(new Set(images.map(({ config }) => config.digest)).size).toBe(1);
  expect(new Set(images.map(({ manifest }) => manifest.digest)).size).toBe(3);
});

test("docker's format has docker's media types and no annotations", async () => {
  const { manifest } = await imageOf('a', { format: 'docker' });
  expect(manifest.mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json');
  const document = JSON.parse(await textOf(manifest));
  expect(document).toMatchObject({ config: { mediaType: 'application/vnd.docker.container.image.v1+json' } });
  expect(document).not.toHaveProperty('annotations');
});

test('there are as many entries of history as layers: docker refuses an image with more', async () => {
  const { config } = await imageOf('a');
  const { history, rootfs } = JSON.parse(await textOf(config));
  expect(history).toHaveLength(rootfs.diff_ids.length);
});

test('an index names its images with their platforms, in the order given', async () => {
  const amd64 = await imageOf('a');
  const arm64 = await imageOf('a', { platform: { architecture: 'arm64', os: 'linux', variant: 'v8' } });
  const index = makeIndex([amd64, arm64], { format: 'oci', annotations: { a: 'b' } });
  expect(await textOf(index.manifest)).toBe(
    `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"${amd64.manifest.digest}","size":${amd64.manifest.size},"platform":{"architecture":"amd64","os":"linux"}},{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"${arm64.manifest.digest}","size":${arm64.manifest.size},"platform":{"architecture":"arm64","os":"linux","variant":"v8"}}],"annotations":{"a":"b"}}`,
  );
  // The layer that both have comes once, and what refers to something comes after it.
  expect(blobsOf(index).map(({ digest }) => digest)).toEqual([
    amd64.layers[0]!.digest,
    ...[amd64.config, amd64.manifest, arm64.config, arm64.manifest, index.manifest].map(
      ({ digest }) => digest,
    ),
  ]);
});
