/** Removes dated tags that nobody needs any more. */
import pLimit from 'p-limit';
import type { Digest } from '../image/blob.ts';
import { openRegistry, type Registry } from '../registry/registry.ts';
import type { Session } from '../registry/session.ts';
import { type DatedTag, datedTags, newerFirst } from './dated-tag.ts';
import type { RefreshImage } from './image.ts';
import type { Retention } from './image-spec.ts';

export interface TaggedDigest {
  readonly tag: string;
  readonly digest: Digest;
}

export interface Pruned extends TaggedDigest {
  /** `registry.example/team/base` */
  readonly repository: string;
  readonly image: string;
}

export interface PruneOptions {
  readonly session: Session;
  readonly now: Date;
  /** Say what would go, and remove nothing. */
  readonly dryRun: boolean;
}

/** Prunes the repositories of images, of which each tag is looked at once. */
export async function prune(
  images: readonly (RefreshImage & { readonly retention: Retention | null })[],
  { session, now, dryRun }: PruneOptions,
): Promise<Pruned[]> {
  const pruned: Pruned[] = [];
  const references = images.flatMap(({ repositories }) => repositories);
  const byName = new Map(references.map((reference) => [`${reference.domain}/${reference.path}`, reference]));
  for (const [repository, reference] of byName) {
    const registry = openRegistry(reference, { session, access: dryRun ? 'pull' : 'delete' });
    const tags = await digestsOf(registry);
    const here = images.filter(({ repositories }) =>
      repositories.some(({ domain, path }) => `${domain}/${path}` === repository),
    );
    const going = here.flatMap((image) => {
      const known = tags.map(({ tag }) => tag);
      const old = image.retention === null ? [] : expired(datedTags(image, known), image.retention, now);
      return old.map(({ tag }) => ({ tag, image: image.name }));
    });
    const removed = removable(tags, new Set(going.map(({ tag }) => tag)));
    for (const { tag, digest } of removed) {
      pruned.push({ repository, tag, digest, image: going.find((one) => one.tag === tag)!.image });
    }
    if (dryRun) continue;
    for (const digest of new Set(removed.map((one) => one.digest))) await removeImage(digest, registry);
  }
  return pruned;
}

/** The tags of an image that neither rule keeps, except the last of a recent day. */
export function expired(tags: readonly DatedTag[], { keep, seconds }: Retention, now: Date): DatedTag[] {
  const lasts = lastNumbers(tags);
  return tags
    .toSorted(newerFirst)
    .slice(keep ?? 0)
    .filter(({ date }) => seconds === null || now.getTime() - date.getTime() > seconds * 1000)
    .filter(({ tag, date }) => now.getTime() - date.getTime() > RECENT || !lasts.has(tag));
}

/** Milliseconds: a build may end on the day after that of its tag. */
const RECENT = 2 * 86_400_000;

/** The tag with the highest number of each name: it shows which were given, and must not be given again. */
function lastNumbers(tags: readonly DatedTag[]): ReadonlySet<string> {
  const lasts = new Map<string, DatedTag>();
  for (const one of tags) {
    const name = one.number === 1 ? one.tag : one.tag.replace(/-\d+$/, '');
    if ((lasts.get(name)?.number ?? 0) < one.number) lasts.set(name, one);
  }
  return new Set([...lasts.values()].map(({ tag }) => tag));
}

/** A manifest goes with all of its tags: it stays where one of them is to stay, as the moving one is. */
export function removable(tags: readonly TaggedDigest[], going: ReadonlySet<string>): TaggedDigest[] {
  const kept = new Set(tags.filter(({ tag }) => !going.has(tag)).map(({ digest }) => digest));
  return tags.filter(({ tag, digest }) => going.has(tag) && !kept.has(digest));
}

const AT_ONCE = 8;
/** Under such a tag lies a list of referrers, where a registry has none of its own. */
const REFERRERS = /^sha256-[0-9a-f]{64}$/;

async function digestsOf(registry: Registry): Promise<TaggedDigest[]> {
  const turn = pLimit(AT_ONCE);
  const tags = (await registry.tags()).filter((tag) => !REFERRERS.test(tag));
  const digests = await Promise.all(tags.map((tag) => turn(() => registry.digest(tag))));
  return tags.flatMap((tag, index) => {
    const digest = digests[index];
    return digest === null || digest === undefined ? [] : [{ tag, digest }];
  });
}

/** The image last, so that an interrupted removal can be done again. */
async function removeImage(digest: Digest, registry: Registry): Promise<void> {
  for (const referrer of await registry.referrers(digest)) await registry.deleteManifest(referrer.digest);
  const list = await registry.digest(digest.replace(':', '-'));
  if (list !== null) await registry.deleteManifest(list);
  await registry.deleteManifest(digest);
}
