/** Pushes an image with what belongs to it, so that no tag ever leads to something that is not whole. */

import { MkbaseError } from '../errors.ts';
import type { Digest } from '../image/blob.ts';
import type { Image, ImageIndex } from '../image/image.ts';
import type { Reference } from '../image/reference.ts';
import { type Companion, pushCompanion } from '../registry/companion.ts';
import { nullWhereBarred } from '../registry/failure.ts';
import { moveTag, pushContent } from '../registry/push-image.ts';
import { openRegistry, type Registry } from '../registry/registry.ts';
import type { Session } from '../registry/session.ts';
import { publishedMark } from './set-back.ts';

export interface PublishOptions {
  readonly repositories: readonly Reference[];
  readonly beside: readonly Companion[];
  /** Each names one image for ever: where it is taken by another, a number is added. */
  readonly datedTags: readonly string[];
  /** The first is moved last of all: a refresh asks it what there is. */
  readonly movingTags: readonly string[];
  readonly session: Session;
}

/**
 * Blobs, manifests, the artifacts beside them, dated tags and moving tags, each in all repositories before the next
 * begins. Done again after any interruption it gives the same result.
 *
 * @returns the full names, the one that is read first at the beginning
 */
export async function publish(image: Image | ImageIndex, options: PublishOptions): Promise<string[]> {
  const { repositories, session, movingTags } = options;
  const registries = repositories.map((name) => openRegistry(name, { session, access: 'push' }));
  for (const registry of registries) {
    await pushContent(image, registry);
    for (const companion of options.beside) await pushCompanion(companion, registry);
  }
  const names: string[] = [];
  for (const registry of registries) {
    const tags = options.datedTags.length === 0 ? null : await registry.tags().catch(nullWhereBarred);
    for (const wanted of options.datedTags) {
      const tag = await freeTag(wanted, image.manifest.digest, { registry, tags: tags ?? [] });
      await moveTag(image, { tag, registry });
      names.push(`${registry.name}:${tag}`);
    }
  }
  for (const registry of registries.toReversed()) {
    for (const tag of movingTags.toReversed()) {
      await moveTag(image, { tag, registry });
      names.unshift(`${registry.name}:${tag}`);
    }
  }
  for (const registry of registries) await pushCompanion(publishedMark(image.manifest), registry);
  return names;
}

const MOST_ON_ONE_DAY = 100;

interface Repository {
  readonly registry: Registry;
  /** All that there are, as far as this account may know. */
  readonly tags: readonly string[];
}

/**
 * The tag itself, or with `-2` and so on, that leads to the image already, or is free and was never given:
 * a number below one that is there was, whatever has been removed since.
 */
async function freeTag(wanted: string, digest: Digest, { registry, tags }: Repository): Promise<string> {
  const numbered = (number: number) => (number === 1 ? wanted : `${wanted}-${number}`);
  const all = Array.from({ length: MOST_ON_ONE_DAY }, (_, index) => index + 1);
  const given = all.filter((number) => tags.includes(numbered(number)));
  for (const number of given)
    if ((await registry.digest(numbered(number))) === digest) return numbered(number);
  for (let number = (given.at(-1) ?? 0) + 1; number <= MOST_ON_ONE_DAY; number++) {
    const tag = numbered(number);
    const taken = await registry.digest(tag);
    if (taken === null || taken === digest) return tag;
  }
  throw new MkbaseError(
    'registry/tag-taken',
    `\`${registry.name}:${wanted}\` and ${MOST_ON_ONE_DAY - 1} tags after it lead to other images`,
    { hint: 'remove old ones with `mkbase prune`' },
  );
}
