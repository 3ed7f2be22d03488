/** Whether somebody has set the moving tag back to an older image, as one does when the newest is broken. */
import { bytesBlob, type Descriptor } from '../image/blob.ts';
import { companionOf } from '../registry/attachment.ts';
import type { Companion } from '../registry/companion.ts';
import { nullWhereBarred } from '../registry/failure.ts';
import type { Registry } from '../registry/registry.ts';
import { newestFirst } from './dated-tag.ts';
import type { RefreshImage } from './image.ts';
import type { RefreshState } from './state.ts';

const PUBLISHED_TYPE = 'application/vnd.dev.mkbase.published.v1+json';

/** Says of an image that all its tags have moved: one that a run left behind half published is none to go back to. */
export function publishedMark(subject: Descriptor): Companion {
  return companionOf({
    artifactType: PUBLISHED_TYPE,
    subject,
    blob: bytesBlob(PUBLISHED_TYPE, Buffer.from('{}')),
  });
}

/** Older ones than so many are no longer gone back to. */
const MOST_LOOKED_AT = 50;

/** The dated tag of the newest image, where the moving tag leads to an older one with a dated tag; else null. */
export async function setBackFrom(
  image: Pick<RefreshImage, 'tags' | 'values'>,
  state: RefreshState,
  registry: Registry,
): Promise<string | null> {
  const tags = await registry.tags().catch(nullWhereBarred);
  const [newest, ...older] = newestFirst(image, tags ?? []);
  const digest = newest === undefined ? null : await registry.digest(newest.tag);
  if (newest === undefined || digest === null || digest === state.digest) return null;
  for (const { tag } of older.slice(0, MOST_LOOKED_AT)) {
    if ((await registry.digest(tag)) !== state.digest) continue;
    return (await registry.referrers(digest, PUBLISHED_TYPE)).length > 0 ? newest.tag : null;
  }
  return null;
}
