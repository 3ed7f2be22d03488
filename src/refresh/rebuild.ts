import { tmpdir } from 'node:os';
import type { Changes } from '../changes/compare.ts';
import { changesMarkdown } from '../changes/text.ts';
import { MkbaseError } from '../errors.ts';
import { bytesBlob, type Digest } from '../image/blob.ts';
import type { Image, ImageIndex } from '../image/image.ts';
import type { Job } from '../job.ts';
import type { Lock } from '../lock/lock.ts';
import { LOCK_TYPE, writeLocks } from '../lock/lock-file.ts';
import { makeBase } from '../pipeline/base.ts';
import { imageOfBases } from '../pipeline/base-image.ts';
import { sealedOf } from '../pipeline/build.ts';
import type { Base } from '../pipeline/stage-base.ts';
import { type Attachment, companionOf } from '../registry/attachment.ts';
import type { Companion } from '../registry/companion.ts';
import { attachmentsOf, makeSboms } from '../sbom/sbom.ts';
import { type RefreshImage, stateTag } from './image.ts';
import { buildOf } from './look.ts';
import { publish } from './publish.ts';
import { testHook } from './smoke-test.ts';
import { withState } from './state.ts';
import { expandTemplate, isDated, type Template } from './template.ts';
import type { RefreshContext } from './tools.ts';

const CHANGES_TYPE = 'application/vnd.dev.mkbase.changes.v1+json';
const CHANGELOG_TYPE = 'text/markdown';

interface Work {
  readonly image: RefreshImage;
  /** One an architecture, as its job. */
  readonly locks: readonly Lock[];
  readonly changes: Changes | null;
}

/** Builds exactly the locks, tries the result, and publishes it. */
export async function rebuild(
  work: Work,
  tools: RefreshContext,
): Promise<{ readonly digest: Digest; readonly names: readonly string[] }> {
  const { image, locks } = work;
  const { options, surroundings, key } = tools;
  const bases: Base[] = [];
  try {
    for (const [index, job] of image.jobs.entries()) {
      const lock = locks[index]!;
      if (options.test !== null) await smokeTest(job, lock, tools);
      bases.push(
        await makeBase({ ...job, lock }, { rootfs: [], image: true, workplace: tmpdir() }, surroundings),
      );
    }
    const built = imageOfBases(bases.map(sealedOf), image.jobs[0]!.format);
    const stated = await withState(built, { build: buildOf(image), key });
    surroundings.emit({ type: 'phase', phase: 'deliver' });
    const made = bases.map(({ lock }) => lock);
    const names = await publish(stated, {
      repositories: image.repositories,
      ...tagsOf(image, made),
      beside: await documentsOf(stated, work, { made, tools }),
      session: tools.session,
    });
    return { digest: stated.manifest.digest, names };
  } finally {
    for (const base of bases) await base.close();
  }
}

function tagsOf(image: RefreshImage, made: readonly Lock[]) {
  const packages = made.flatMap((lock) => lock.packages);
  const versionOf = (name: string) => packages.find((item) => item.name === name)?.version;
  const expand = (template: Template) => expandTemplate(template, { ...image.values, versionOf });
  const first = stateTag(image);
  const moving = image.tags.filter((template) => !isDated(template) && template !== first);
  return { datedTags: image.tags.filter(isDated).map(expand), movingTags: [first, ...moving].map(expand) };
}

/** Bills of materials of each architecture; lock and changelog of all. */
async function documentsOf(
  image: Image | ImageIndex,
  { image: { name, jobs }, changes }: Work,
  { made, tools }: { readonly made: readonly Lock[]; readonly tools: RefreshContext },
): Promise<readonly Companion[]> {
  const { sbom, cacheDir } = jobs[0]!;
  const { surroundings } = tools;
  const sboms = await makeSboms(made, { formats: sbom, cacheDir, surroundings });
  const document = (artifactType: string, text: string): Attachment => {
    return { artifactType, subject: image.manifest, blob: bytesBlob(artifactType, Buffer.from(text)) };
  };
  const changelogs =
    changes === null
      ? []
      : [
          document(CHANGES_TYPE, JSON.stringify(changes)),
          document(CHANGELOG_TYPE, changesMarkdown(changes, name)),
        ];
  const lock = document(LOCK_TYPE, writeLocks(made));
  return [...attachmentsOf(sboms, image), lock, ...changelogs].map(companionOf);
}

/** In a base of its own, as what the command leaves behind must not be in the image. */
async function smokeTest(job: Job, lock: Lock, { options, surroundings }: RefreshContext): Promise<void> {
  const { hooks, lockedHooks } = testHook(job, options.test!);
  const tested = { ...lock, image: { ...lock.image, hooks: lockedHooks } };
  try {
    const base = await makeBase(
      { ...job, hooks, lock: tested },
      { rootfs: [], image: false, workplace: tmpdir() },
      surroundings,
    );
    await base.close();
  } catch (error) {
    if (!(error instanceof MkbaseError) || error.code !== 'script/hook-failed') throw error;
    throw new MkbaseError('script/test-failed', `the test \`${options.test}\` failed on ${lock.arch}`, {
      hint: 'the image in the registry stays as it was; try it with `--customize-hook`',
      details: error.details,
      cause: error,
    });
  }
}
