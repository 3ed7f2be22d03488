import { familyOf } from '../families/index.ts';
import { type Image, type ImageIndex, type Layer, makeImage, makeIndex } from '../image/image.ts';
import type { ImageFormat } from '../image/media-types.ts';
import { layerInFile, type PackedLayer } from '../image/pack-layer.ts';
import { type PlatformNames, platformOf } from '../image/platform.ts';
import { createdAt, digestLabels, historyOf } from '../lock/labels.ts';
import type { Lock } from '../lock/lock.ts';
import { isoTime } from '../time.ts';

/** A base as one layer in a file. */
export interface SealedBase {
  readonly lock: Lock;
  readonly layer: PackedLayer;
  readonly layerFile: string;
  /** Scripts of packages that did not run, as `package: script`. */
  readonly skippedScripts?: readonly string[];
}

/** The image of a base, or the index of several that differ in their architecture. */
export function imageOfBases(bases: readonly SealedBase[], format: ImageFormat): Image | ImageIndex {
  const images = bases.map((base) => imageOfBase(base, format));
  if (images.length === 1) return images[0]!;
  return makeIndex(images, { format, annotations: annotationsOf(bases.map(({ lock }) => lock)) });
}

/** The layer as an image of that format has it. */
export function layerOf({ layer, layerFile }: SealedBase, format: ImageFormat): Layer {
  return layerInFile(layer, { file: layerFile, format });
}

function imageOfBase(base: SealedBase, format: ImageFormat): Image {
  const { lock } = base;
  return makeImage([layerOf(base, format)], {
    format,
    platform: platformOf(lock.arch, platformNames(lock)),
    settings: lock.image.settings,
    annotations: { ...skippedOf(base), ...annotationsOf([lock]) },
    // Labels too: docker does not show annotations.
    labels: { ...skippedOf(base), ...digestLabels([lock]) },
    created: createdAt(lock),
    history: [historyOf(lock)],
  });
}

/** An image of programs alone is of no family. */
function platformNames({ family }: Lock): PlatformNames {
  return family === null ? {} : familyOf({ family: family.name }).platforms;
}

/** `libc6.postinst tzdata.preinst`, as dpkg names their files: who uses the image must do without them. */
function skippedOf({ skippedScripts = [] }: SealedBase): Record<string, string> {
  if (skippedScripts.length === 0) return {};
  return { 'dev.mkbase.scripts.skipped': skippedScripts.map((one) => one.replace(': ', '.')).join(' ') };
}

/** OCI's own, annotations.md, and what a refresh compares; those of the user win. */
function annotationsOf(locks: readonly Lock[]): Record<string, string> {
  const created = isoTime(Math.max(...locks.map(createdAt)));
  return {
    'org.opencontainers.image.created': created,
    'org.opencontainers.image.version': locks[0]!.recipe.name.replace(/^.*:/, ''),
    ...digestLabels(locks),
    ...locks[0]!.image.annotations,
  };
}
