/** Images that are there already, as the values that mkbase makes: every document and blob is checked. */
import { createHash } from 'node:crypto';
import { MkbaseError } from '../errors.ts';
import { type Blob, bytesBlob, bytesOf, type Descriptor, type Digest, jsonBlob } from './blob.ts';
import type { Artifact, Image, ImageIndex, Layer } from './image.ts';
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
/** As many as containers/storage stacks; docker and containerd stop sooner. */
export const MAX_LAYERS = 500;

/**
 * The image or index of a descriptor, byte for byte as it is: its digest stays. Documents are
 * checked now, the contents of layers when they are read. An index may lack some manifests (only
 * one architecture was copied): the others are returned.
 *
 * @throws MkbaseError `image/bad-document`, `image/digest-mismatch`, `image/too-large`, `image/no-image`
 */
export async function readImage(descriptor: Descriptor, blobs: BlobSource): Promise<Image | ImageIndex> {
  if (isIndex(descriptor)) return readIndex(descriptor, blobs);
  const found = await readManifest(descriptor, blobs);
  if (found.kind === 'image') return found;
  throw noImage(found.is);
}

async function readIndex(descriptor: Descriptor, blobs: BlobSource): Promise<ImageIndex> {
  const { blob, document } = await readDocument(descriptor, blobs, 'the index');
  const entries = asArray(document.manifests, 'the index');
  if (entries.length > MAX_IMAGES) throw tooLarge('the index', `${entries.length} images`);
  const images: Image[] = [];
  const artifacts: Artifact[] = [];
  const leftOut: Digest[] = [];
  let absence: unknown;
  for (const entry of entries) {
    const one = asDescriptor(entry, 'the index');
    if (isIndex(one)) throw badDocument('the index', 'it holds an index');
    const found = await readManifest(one, blobs).catch((error: unknown) => {
      if (!isAbsence(error)) throw error;
      absence ??= error;
      return null;
    });
    if (found?.kind === 'image') images.push(found);
    else if (found?.artifact) artifacts.push(found.artifact);
    else leftOut.push(one.digest);
  }
  if (images.length === 0) throw absence ?? noImage('an index without images');
  return { kind: 'index', manifest: blob, images, artifacts, leftOut };
}

/** The index without what it lists and was not there: registries take no other. */
export async function wholeIndex(index: ImageIndex): Promise<ImageIndex> {
  const document = parseObject(await bytesOf(index.manifest), 'the index');
  const manifests = asArray(document.manifests, 'the index').filter(
    (one) => !index.leftOut.includes(asDescriptor(one, 'the index').digest),
  );
  const manifest = jsonBlob(index.manifest.mediaType, { ...document, manifests });
  return { ...index, manifest, leftOut: [] };
}

/** Whether layouts, archives or registries report that they do not have a manifest. */
function isAbsence(error: unknown): boolean {
  return error instanceof MkbaseError && ['image/missing-blob', 'registry/not-found'].includes(error.code);
}

export function isIndex({ mediaType }: Descriptor): boolean {
  return mediaType === MEDIA_TYPES.oci.index || mediaType === MEDIA_TYPES.docker.index;
}

const MANIFESTS: readonly string[] = [MEDIA_TYPES.oci.manifest, MEDIA_TYPES.docker.manifest];
const CONFIGS: readonly string[] = [MEDIA_TYPES.oci.config, MEDIA_TYPES.docker.config];

/** A manifest that is not an image's: its type, and its parts where its form is known. */
interface NoImage {
  readonly kind: 'other';
  readonly is: string;
  readonly artifact?: Artifact;
}

async function readManifest(descriptor: Descriptor, blobs: BlobSource): Promise<Image | NoImage> {
  if (!MANIFESTS.includes(descriptor.mediaType)) return { kind: 'other', is: descriptor.mediaType };
  const { blob, document } = await readDocument(descriptor, blobs, 'the manifest');
  const config = asDescriptor(document.config, 'the manifest');
  const layers = asArray(document.layers, 'the manifest').map((one) => asDescriptor(one, 'the manifest'));
  // Older attestations of `docker buildx` have an image's configuration: only the platform distinguishes them.
  const isAttestation = descriptor.platform?.os === 'unknown';
  if (isAttestation || !CONFIGS.includes(config.mediaType)) {
    const parts = await Promise.all([config, ...layers].map(async (one) => verified(await blobs(one))));
    return { kind: 'other', is: config.mediaType, artifact: { manifest: blob, blobs: parts } };
  }
  if (layers.length > MAX_LAYERS) throw tooLarge('the manifest', `${layers.length} layers`);
  const configBlob = await smallBlob(config, blobs, { what: 'the configuration', limit: MAX_CONFIG });
  const { platform, diffIds } = await readConfig(configBlob);
  if (diffIds.length !== layers.length) {
    throw badDocument(
      'the configuration',
      `it lists ${diffIds.length} layers, but the manifest has ${layers.length}`,
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

/** The fields of a configuration that describe the platform and the order of the layers. */
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
  return new MkbaseError('image/no-image', `this is \`${mediaType}\`, not an image`, {
    hint: "images of OCI, and of Docker's manifest version 2, schema 2, can be read",
  });
}
