import { writeFile } from 'node:fs/promises';
import { type Base, makeBase } from './base.ts';
import { imageOfBases } from './base-image.ts';
import { deliverImages } from './deliver.ts';
import { MkbaseError } from './errors.ts';
import type { Image, ImageIndex } from './image/image.ts';
import type { Job, Surroundings } from './job.ts';
import type { Lock } from './lock.ts';
import { writeLocks } from './lock-file.ts';
import { explainSystemError } from './system-error.ts';
import { type ImageTarget, isImageTarget, type RootfsTarget, type Target, targetName } from './target.ts';

export interface BuildResult {
  /** One an architecture. */
  readonly locks: readonly Lock[];
  /** Null where none was written. */
  readonly lockFile: string | null;
  /** Of all architectures together. */
  readonly packages: number;
  /** Bytes of files in the rootfs. */
  readonly size: number;
  readonly entries: number;
  /** What each path rule left out, the largest first. */
  readonly excluded: Base['staged']['excluded'];
  /** Null where no target takes an image. */
  readonly image: Image | ImageIndex | null;
}

/**
 * Makes what the jobs describe, which are the same but for their architecture, and puts it where the
 * targets say. On any failure what existed before is as it was; of several targets, each is either done
 * or untouched.
 */
export async function build(
  jobs: readonly Job[],
  targets: readonly Target[],
  surroundings: Surroundings,
): Promise<BuildResult> {
  checkTargets(jobs, targets);
  const images = targets.filter(isImageTarget);
  const rootfs = targets.filter((target) => !isImageTarget(target)).toSorted(directoryFirst);
  const bases: Base[] = [];
  try {
    for (const job of jobs) {
      bases.push(await makeBase(job, { rootfs, image: images.length > 0 }, surroundings));
    }
    surroundings.emit({ type: 'phase', phase: 'deliver' });
    for (const base of bases) await base.deliver();
    const image = images.length === 0 ? null : imageOfBases(bases, jobs);
    if (image !== null) await deliverImages(image, images, surroundings);
    return { ...resultOf(bases), image, lockFile: await writeLockFile(bases, jobs, targets) };
  } catch (error) {
    throw explainSystemError(error, targets[0]!);
  } finally {
    for (const base of bases) await base.close();
  }
}

function directoryFirst(a: RootfsTarget, b: RootfsTarget): number {
  return Number(b.kind === 'directory') - Number(a.kind === 'directory');
}

/** What cannot be is told before any work. */
function checkTargets(jobs: readonly Job[], targets: readonly Target[]): void {
  const twice = (['directory', 'stdout'] as const).find(
    (kind) => targets.filter((target) => target.kind === kind).length > 1,
  );
  if (twice !== undefined) {
    throw new MkbaseError(
      'usage/conflict',
      `two targets are a ${twice === 'stdout' ? 'tar on standard output' : twice}`,
      {
        hint: 'name one; any number of tars and images can stand beside it',
      },
    );
  }
  const single = targets.find((target) => !['oci', 'oci-archive', 'docker'].includes(target.kind));
  if (jobs.length > 1 && single !== undefined) {
    throw new MkbaseError('target/one-architecture', `\`${targetName(single)}\` takes one architecture`, {
      hint: 'name one with `--arch`, or write several to `oci:`, `oci-archive:` or `docker://`',
    });
  }
}

function resultOf(bases: readonly Base[]): Omit<BuildResult, 'image' | 'lockFile'> {
  const sum = (count: (base: Base) => number) => bases.reduce((total, base) => total + count(base), 0);
  return {
    locks: bases.map(({ lock }) => lock),
    packages: sum(({ lock }) => lock.packages.length),
    size: sum(({ staged }) => staged.size),
    entries: sum(({ staged }) => staged.entries),
    excluded: bases[0]!.staged.excluded,
  };
}

/** Beside the first target that is a path, or where the job says. */
async function writeLockFile(
  bases: readonly Base[],
  jobs: readonly Job[],
  targets: readonly Target[],
): Promise<string | null> {
  const beside = targets.find((target): target is Target & { path: string } => 'path' in target);
  const file = jobs[0]!.lockOut ?? (beside === undefined ? null : `${beside.path}.lock.json`);
  if (file !== null) await writeFile(file, writeLocks(bases.map(({ lock }) => lock)));
  return file;
}

export type { ImageTarget };
