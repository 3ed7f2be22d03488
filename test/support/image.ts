import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Blob, collect, fileBlob } from '../../src/image/blob.ts';
import { type Image, type ImageOptions, type Layer, makeImage } from '../../src/image/image.ts';
import { type LayerCodec, MEDIA_TYPES } from '../../src/image/media-types.ts';
import { packLayer } from '../../src/image/pack-layer.ts';
import { folderOfFile } from './folder.ts';
import { buildTar } from './tar.ts';

export const CREATED = 1_700_000_000;

export const OPTIONS: ImageOptions = {
  format: 'oci',
  platform: { architecture: 'amd64', os: 'linux' },
  settings: { cmd: ['bash'], env: ['PATH=/usr/bin:/bin'] },
  annotations: { 'org.opencontainers.image.version': 'test' },
  labels: {},
  created: CREATED,
  history: ['test'],
};

/** A layer of one file that holds `text`. */
export async function layerOf(text: string, codec: LayerCodec = 'gzip'): Promise<Layer> {
  const tar = buildTar([
    { path: 'etc', type: 'directory' },
    { path: 'etc/text', content: text },
  ]);
  const file = join(await folderOfFile(), 'layer');
  const { diffId, digest, size } = await packLayer(pieces(tar), { file, codec });
  const mediaType = MEDIA_TYPES.oci.layer[codec];
  return { ...fileBlob({ mediaType, digest, size }, file), diffId };
}

/** A small image whose only file holds `text`. */
export async function imageOf(text: string, options: Partial<ImageOptions> = {}): Promise<Image> {
  return makeImage([await layerOf(text)], { ...OPTIONS, ...options });
}

export async function textOf(blob: Blob): Promise<string> {
  return (await collect(blob.open())).toString();
}

export function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
