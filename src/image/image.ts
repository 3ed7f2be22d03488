/** Images as immutable values: made once, then written to any number of places. */

import { isoTime } from '../time.ts';
import { type Blob, type Descriptor, type Digest, descriptorOf, jsonBlob, type Platform } from './blob.ts';
import { imageConfig } from './config.ts';
import { type ImageFormat, MEDIA_TYPES } from './media-types.ts';
import type { ImageSettings } from './settings.ts';

export interface Layer extends Blob {
  /** Digest of the tar, uncompressed. */
  readonly diffId: Digest;
}

export interface Image {
  readonly kind: 'image';
  readonly platform: Platform;
  readonly config: Blob;
  readonly layers: readonly Layer[];
  readonly manifest: Blob;
}

/** Images of several architectures. */
export interface ImageIndex {
  readonly kind: 'index';
  /** The index itself. */
  readonly manifest: Blob;
  readonly images: readonly Image[];
  /** Listed artifacts that are not images, such as the attestations of `docker buildx`: copied with the index. */
  readonly artifacts: readonly Artifact[];
  /** Other listed manifests: absent where it was read (a sparse index), or of unknown kind. */
  readonly leftOut: readonly Digest[];
}

/** A manifest that does not describe an image, with the blobs it refers to. */
export interface Artifact {
  readonly manifest: Blob;
  readonly blobs: readonly Blob[];
}

export interface ImageOptions {
  readonly format: ImageFormat;
  readonly platform: Platform;
  readonly settings: ImageSettings;
  /** On the manifest. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Labels besides those of the settings, which win. */
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds since 1970. */
  readonly created: number;
  /** The command that made each layer, as `docker history` shows it. */
  readonly history: readonly string[];
}

/**
 * An image of layers that are there, with its configuration and manifest: the same choices give the same
 * bytes.
 */
export function makeImage(layers: readonly Layer[], options: ImageOptions): Image {
  const { format, platform, annotations, created } = options;
  const types = MEDIA_TYPES[format];
  const diffIds = layers.map(({ diffId }) => diffId);
  const time = isoTime(created);
  const config = jsonBlob(types.config, imageConfig({ ...options, created: time, diffIds }));
  const manifest = jsonBlob(types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: descriptorOf(config),
    layers: layers.map(descriptorOf),
    // Docker's manifest has no annotations.
    ...(format === 'oci' && Object.keys(annotations).length > 0 && { annotations }),
  });
  return { kind: 'image', platform, config, layers, manifest };
}

/** Several architectures under one name, in the order given. */
export function makeIndex(
  images: readonly Image[],
  { format, annotations }: Pick<ImageOptions, 'format' | 'annotations'>,
): ImageIndex {
  const mediaType = MEDIA_TYPES[format].index;
  const manifests = images.map(
    ({ manifest, platform }): Descriptor => ({ ...descriptorOf(manifest), platform }),
  );
  const manifest = jsonBlob(mediaType, {
    schemaVersion: 2,
    mediaType,
    manifests,
    ...(format === 'oci' && Object.keys(annotations).length > 0 && { annotations }),
  });
  return { kind: 'index', manifest, images, artifacts: [], leftOut: [] };
}

/** Every blob once, each before the blobs that refer to it. */
export function blobsOf(image: Image | ImageIndex): Blob[] {
  const all =
    image.kind === 'index'
      ? [
          ...image.images.flatMap(blobsOf),
          ...image.artifacts.flatMap(({ manifest, blobs }) => [...blobs, manifest]),
          image.manifest,
        ]
      : [...image.layers, image.config, image.manifest];
  return [...new Map(all.map((blob) => [blob.digest, blob])).values()];
}

/** The manifests among them, each before those that refer to it. */
export function manifestsOf(image: Image | ImageIndex): Blob[] {
  return image.kind === 'index'
    ? [...image.images, ...image.artifacts, image].map(({ manifest }) => manifest)
    : [image.manifest];
}
