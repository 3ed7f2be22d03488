/** Pushes an image with what belongs to it, so that no tag ever leads to something that is not whole. */

import { MkbaseError } from '../errors.ts';
import type { Digest } from '../image/blob.ts';
import type { Image, ImageIndex } from '../image/image.ts';
import type { Reference } from '../image/reference.ts';
import { type Attachment, pushAttachment } from '../registry/attachment.ts';
import { moveTag, pushContent } from '../registry/push-image.ts';
import { openRegistry, type Registry } from '../registry/registry.ts';
import type { Session } from '../registry/session.ts';

export interface PublishOptions {
  readonly repositories: readonly Reference[];
  readonly attachments: readonly Attachment[];
  /** Each names one image for ever: where it is taken by another, a number is added. */
  readonly datedTags: readonly string[];
  /** The first is moved last of all: a refresh asks it what there is. */
  readonly movingTags: readonly string[];
  readonly session: Session;
}

/**
 * Blobs, manifests, attachments, dated tags and moving tags, each in all repositories before the next
 * begins. Done again after any interruption it ends in the same.
 *
 * @returns the names in full, the one that is asked first
 */
export async function publish(image: Image | ImageIndex, options: PublishOptions): Promise<string[]> {
  const { repositories, session, movingTags } = options;
  const registries = repositories.map((name) => openRegistry(name, { session, access: 'push' }));
  for (const registry of registries) {
    await pushContent(image, registry);
    for (const attachment of options.attachments) await pushAttachment(attachment, registry);
  }
  const names: string[] = [];
  for (const registry of registries) {
    for (const wanted of options.datedTags) {
      const tag = await freeTag(wanted, image.manifest.digest, registry);
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
  return names;
}

const MOST_ON_ONE_DAY = 100;

/** The tag itself, or with `-2` and so on, that is free or leads to the image already. */
async function freeTag(wanted: string, digest: Digest, registry: Registry): Promise<string> {
  for (let number = 1; number <= MOST_ON_ONE_DAY; number++) {
    const tag = number === 1 ? wanted : `${wanted}-${number}`;
    const taken = await registry.digest(tag);
    if (taken === null || taken === digest) return tag;
  }
  throw new MkbaseError(
    'registry/tag-taken',
    `\`${registry.name}:${wanted}\` and ${MOST_ON_ONE_DAY - 1} tags after it lead to other images`,
    { hint: 'remove old ones with `mkbase prune`' },
  );
}
