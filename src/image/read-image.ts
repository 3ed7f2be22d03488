/** Images that are there already, as the values that mkbase makes: every document and blob is checked. */
import { createHash } from 'node:crypto';
import { MkbaseError } from '../errors.ts';
import { type Blob, bytesBlob, bytesOf, type Descriptor, type Digest } from './blob.ts';
import type { Image, ImageIndex, Layer } from './image.ts';
import { MEDIA_TYPES } from './media-types.ts';
import {
  asArray,
  asDescriptor,
  asDigest,
  asObject,
  asPlatform,
  badDocument,
  type JsonObject,
  parseObject,
  tooLarge,
} from './read-json.ts';

/** Gives what a descriptor refers to, from a folder, an archive or a registry, or throws where it is not there. */
export type BlobSource = (descriptor: Descriptor) => Blob | Promise<Blob>;

/** Bytes of a manifest or index: no registry takes more. */
export const MAX_MANIFEST = 4 * 2 ** 20;
const MAX_CONFIG = 8 * 2 ** 20;
/** Images of an index. */
const MAX_IMAGES = 500;

/**
 * The image or index that a descriptor refers to, byte for byte as it is: its digest stays. Documents are
 * checked now, the contents of layers whenever they are read.
 *
 * @throws MkbaseError `image/bad-document`, `image/digest-mismatch`, `image/too-large`, `image/no-image`
 */
export async function readImage(descriptor: Descriptor, blobs: BlobSource): Promise<Image | ImageIndex> {
  if (!isIndex(descriptor)) return readManifest(descriptor, blobs);
  const { blob, document } = await readDocument(descriptor, blobs, 'the index');
  const manifests = asArray(document.manifests, 'the index').map((one) => asDescriptor(one, 'the index'));
  if (manifests.length > MAX_IMAGES) throw tooLarge('the index', `${manifests.length} images`);
  const images: Image[] = [];
  for (const one of manifests) {
    if (isIndex(one)) throw badDocument('the index', 'it holds an index');
    images.push(await readManifest(one, blobs));
  }
  return { kind: 'index', manifest: blob, images };
}

function isIndex({ mediaType }: Descriptor): boolean {
  return mediaType === MEDIA_TYPES.oci.index || mediaType === MEDIA_TYPES.docker.index;
}

const MANIFESTS: readonly string[] = [MEDIA_TYPES.oci.manifest, MEDIA_TYPES.docker.manifest];
const CONFIGS: readonly string[] = [MEDIA_TYPES.oci.config, MEDIA_TYPES.docker.config];

async function readManifest(descriptor: Descriptor, blobs: BlobSource): Promise<Image> {
  if (!MANIFESTS.includes(descriptor.mediaType)) throw noImage(descriptor.mediaType);
  const { blob, document } = await readDocument(descriptor, blobs, 'the manifest');
  const config = asDescriptor(document.config, 'the manifest');
  if (!CONFIGS.includes(config.mediaType)) throw noImage(config.mediaType);
  const layers = asArray(document.layers, 'the manifest').map((one) => asDescriptor(one, 'the manifest'));
  const configBlob = await smallBlob(config, blobs, { what: 'the configuration', limit: MAX_CONFIG });
  const { platform, diffIds } = await readConfig(configBlob);
  if (diffIds.length !== layers.length) {
    throw badDocument(
      'the configuration',
      `it tells of ${diffIds.length} layers, and there are ${layers.length}`,
    );
  }
  return {
    kind: 'image',
    platform,
    config: configBlob,
    layers: await Promise.all(
      layers.map(async (layer, at): Promise<Layer> => {
        return { ...verified(await blobs(layer)), ...layer, diffId: diffIds[at]! };
      }),
    ),
    manifest: blob,
  };
}

/** What of a configuration says how its layers belong together. */
export async function readConfig(config: Blob): Promise<{
  readonly platform: Image['platform'];
  readonly diffIds: readonly Digest[];
  readonly document: JsonObject;
}> {
  const what = 'the configuration';
  const document = parseObject(await bytesOf(config), what);
  const diffIds = asArray(asObject(document.rootfs, what).diff_ids, what);
  return {
    platform: asPlatform(document, what),
    diffIds: diffIds.map((one) => asDigest(one, what)),
    document,
  };
}

async function readDocument(
  descriptor: Descriptor,
  blobs: BlobSource,
  what: string,
): Promise<{ readonly blob: Blob; readonly document: JsonObject }> {
  const blob = await smallBlob(descriptor, blobs, { what, limit: MAX_MANIFEST });
  return { blob, document: parseObject(await bytesOf(blob), what) };
}

interface SmallBlobOptions {
  readonly what: string;
  readonly limit: number;
}

async function smallBlob(
  descriptor: Descriptor,
  blobs: BlobSource,
  { what, limit }: SmallBlobOptions,
): Promise<Blob> {
  if (descriptor.size > limit) throw tooLarge(what, `${descriptor.size} bytes`);
  const bytes = await bytesOf(verified(await blobs(descriptor)));
  return bytesBlob(descriptor.mediaType, bytes);
}

/** The blob, whose bytes are held against its digest and size whenever they are read. */
export function verified(blob: Blob): Blob {
  return {
    ...blob,
    async *open() {
      const hash = createHash('sha256');
      let size = 0;
      for await (const piece of blob.open()) {
        size += piece.length;
        if (size > blob.size) break;
        hash.update(piece);
        yield piece;
      }
      if (size === blob.size && blob.digest === `sha256:${hash.digest('hex')}`) return;
      throw new MkbaseError('image/digest-mismatch', `a blob of the image is not \`${blob.digest}\``, {
        hint: 'it was damaged or changed on its way: copy the image again from where it was made',
      });
    },
  };
}

function noImage(mediaType: string): MkbaseError {
  return new MkbaseError('image/no-image', `what is there is no image but \`${mediaType}\``, {
    hint: "images of OCI, and of Docker's manifest version 2, schema 2, can be read",
  });
}
