import { blobsOf, type Image, type ImageIndex, manifestsOf } from '../image/image.ts';
import { type Reference, tagOf } from '../image/reference.ts';
import { type Companion, pushCompanion } from './companion.ts';
import { nullWhereBarred } from './failure.ts';
import type { Registry } from './registry.ts';

interface PushOptions {
  readonly open: (reference: Reference) => Registry;
  /** Artifacts that are pushed beside the image to each repository. */
  readonly beside?: readonly Companion[];
}

/**
 * Pushes an image under its names, in this order: blobs, manifests by digest, the artifacts beside
 * them, and when every repository has everything, the tags. After a failure, later tags have not moved,
 * and no tag has where an upload failed.
 */
export async function pushImage(
  image: Image | ImageIndex,
  names: readonly Reference[],
  { open, beside = [] }: PushOptions,
): Promise<void> {
  // One after the other: the next repository can mount what this one has got.
  for (const registry of new Set(names.map(open))) {
    await pushContent(image, registry);
    for (const companion of beside) await pushCompanion(companion, registry);
  }
  for (const name of names) await moveTag(image, { tag: tagOf(name), registry: open(name) });
}

/** All but tags. */
export async function pushContent(image: Image | ImageIndex, registry: Registry): Promise<void> {
  const manifests = new Set(manifestsOf(image).map(({ digest }) => digest));
  const [first, ...others] = blobsOf(image).filter(({ digest }) => !manifests.has(digest));
  // The first one alone: it finds the endpoint and the credentials for all.
  if (first !== undefined) await registry.pushBlob(first);
  await Promise.all(others.map((blob) => registry.pushBlob(blob)));
  for (const manifest of manifestsOf(image)) {
    const there = await registry.digest(manifest.digest).catch(nullWhereBarred);
    if (there === null) await registry.pushManifest(manifest, null);
  }
}

/** Puts a tag on what was pushed, unless it is there. */
export async function moveTag(
  { manifest }: Image | ImageIndex,
  { tag, registry }: { readonly tag: string; readonly registry: Registry },
): Promise<void> {
  const there = await registry.digest(tag).catch(nullWhereBarred);
  if (there !== manifest.digest) await registry.pushManifest(manifest, tag);
}
