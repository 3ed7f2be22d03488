import type { InstalledPackage } from '../families/family.ts';
import type { Digest, Platform } from '../image/blob.ts';
import { bytesOf } from '../image/blob.ts';
import type { Image, ImageIndex } from '../image/image.ts';
import { readConfig } from '../image/read-image.ts';
import { asArray, asObject, asText, asTexts, type JsonObject, parseObject } from '../image/read-json.ts';
import { readLayerFiles } from './layers.ts';
import { installedPackages, isDatabasePath, systemName } from './packages.ts';

/** The contents of an image, or of each image of an index; `mkbase inspect --json` prints the same. */
export interface Inspection {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** One, or those of an index. */
  readonly images: readonly InspectedImage[];
}

export interface InspectedImage {
  readonly digest: Digest;
  /** The digest of its configuration, by which docker knows it. */
  readonly id: Digest;
  readonly platform: Platform;
  readonly annotations: Readonly<Record<string, string>>;
  readonly created: string | null;
  readonly author: string | null;
  /** The settings of a container, as in the configuration. */
  readonly config: JsonObject;
  readonly layers: readonly InspectedLayer[];
  readonly history: readonly InspectedStep[];
  /** Bytes of all layers as they are packed. */
  readonly size: number;
  /** Bytes and number of the files in all layers. */
  readonly unpacked: { readonly size: number; readonly entries: number };
  /** As os-release(5) calls it. */
  readonly system: string | null;
  readonly packages: readonly InstalledPackage[];
}

export interface InspectedLayer {
  readonly digest: Digest;
  readonly diffId: Digest;
  readonly mediaType: string;
  readonly size: number;
}

export interface InspectedStep {
  readonly created: string | null;
  readonly by: string;
  /** Whether it made no layer. */
  readonly isEmpty: boolean;
}

/** Reads all of an image; every blob is held against its digest, and every layer against its diffID. */
export async function inspectImage(image: Image | ImageIndex): Promise<Inspection> {
  const { digest, mediaType } = image.manifest;
  const images: InspectedImage[] = [];
  for (const one of image.kind === 'index' ? image.images : [image]) images.push(await inspectOne(one));
  return { digest, mediaType, annotations: await annotationsOf(image), images };
}

async function inspectOne(image: Image): Promise<InspectedImage> {
  const what = 'the configuration';
  const { document } = await readConfig(image.config);
  const { files, size, entries } = await readLayerFiles(image.layers, isDatabasePath);
  return {
    digest: image.manifest.digest,
    id: image.config.digest,
    platform: image.platform,
    annotations: await annotationsOf(image),
    created: textOrNull(document.created),
    author: textOrNull(document.author),
    config: document.config ? asObject(document.config, what) : {},
    layers: image.layers.map(({ digest, diffId, mediaType, size }) => ({ digest, diffId, mediaType, size })),
    history: asArray(document.history ?? [], what).map((step) => {
      const { created, created_by, empty_layer } = asObject(step, what);
      return {
        created: textOrNull(created),
        by: textOrNull(created_by) ?? '',
        isEmpty: empty_layer === true,
      };
    }),
    size: image.layers.reduce((sum, layer) => sum + layer.size, 0),
    unpacked: { size, entries },
    system: systemName(files),
    packages: installedPackages(files),
  };

  function textOrNull(value: unknown): string | null {
    return value === undefined || value === null ? null : asText(value, what);
  }
}

async function annotationsOf({ manifest }: Image | ImageIndex): Promise<Readonly<Record<string, string>>> {
  const { annotations } = parseObject(await bytesOf(manifest), 'the manifest');
  return asTexts(annotations, 'the manifest');
}
