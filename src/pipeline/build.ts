import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { TOOLS } from '../filesystem/tool.ts';
import { imageWarnings } from '../image/image-warnings.ts';
import type { BuildResult, Job, Surroundings } from '../job.ts';
import { checkSbomPlace, documentsOf, makeSboms, writeSboms } from '../sbom/sbom.ts';
import { explainSystemError } from '../targets/system-error.ts';
import { type ImageTarget, isImageTarget, type RootfsTarget, type Target } from '../targets/target.ts';
import { checkTargets, writeLockFile } from '../targets/target-set.ts';
import { makeBase } from './base.ts';
import { imageOfBases, layerOf, type SealedBase } from './base-image.ts';
import type { OpenTools } from './fetched-tools.ts';
import type { Base } from './stage-base.ts';

export interface BuildSurroundings extends Surroundings {
  /** Make each base twice and compare, before anything is delivered. */
  readonly verify?: boolean;
}

/**
 * Makes what the jobs describe, which are the same but for their architecture, and puts it where the
 * targets say. On any failure what existed before is as it was; of several targets, each is either done
 * or untouched.
 */
export async function build(
  jobs: readonly Job[],
  targets: readonly Target[],
  surroundings: BuildSurroundings,
): Promise<BuildResult> {
  const { verify = false, fsync = true } = surroundings;
  const { sbom, cacheDir, lockOut } = jobs[0]!;
  checkTargets(targets, jobs.length);
  checkSbomPlace(sbom, targets);
  const images = targets.filter(isImageTarget);
  // Optional parts are loaded where they are asked for: a directory needs no registry.
  const delivery =
    images.length === 0
      ? null
      : await (await import('../targets/deliver.ts')).openDelivery(images, surroundings);
  const rootfs = targets.filter((target) => !isImageTarget(target)).toSorted(directoryFirst);
  const bases: Base[] = [];
  let fetched: OpenTools | null = null;
  try {
    fetched = await toolsFor(rootfs, jobs[0]!, surroundings);
    const { tools } = fetched ?? {};
    await delivery?.check(jobs.length);
    if (images.length > 0) warn(imageWarnings(jobs[0]!), surroundings);
    for (const asked of jobs) {
      // Neither of two builds that are compared may begin with what was kept.
      const job = verify ? withoutKept(asked) : asked;
      const made = {
        rootfs,
        image: images.length > 0 || verify,
        workplace: workplaceOf(images),
        ...(tools && { tools }),
      };
      const base = await makeBase(job, made, surroundings);
      bases.push(base);
      if (verify) await (await import('./verify-rebuild.ts')).verifyRebuild(base, job, surroundings);
      delivery?.begin(layerOf(sealedOf(base), job.format));
    }
    surroundings.emit({ type: 'phase', phase: 'deliver' });
    for (const base of bases) await base.deliver();
    const image = delivery === null ? null : imageOfBases(bases.map(sealedOf), jobs[0]!.format);
    const result = resultOf(bases);
    const { locks } = result;
    const sboms = await makeSboms(locks, { formats: sbom, cacheDir, surroundings });
    if (image !== null) await delivery?.deliver(image, documentsOf(sboms, locks, image));
    const lockFile = await writeLockFile(locks, targets, { named: lockOut, fsync });
    return { ...result, image, lockFile, sbomFiles: await writeSboms(sboms, locks, targets, { fsync }) };
  } catch (error) {
    throw explainSystemError(error, targets[0]!);
  } finally {
    for (const base of bases) await base.close();
    await fetched?.close();
  }
}

/** The programs that make file systems among the targets: a missing one is told of before anything is built. */
async function toolsFor(
  targets: readonly RootfsTarget[],
  job: Job,
  surroundings: Surroundings,
): Promise<OpenTools | null> {
  const formats = targets.flatMap((target) => (target.kind === 'file-system' ? [target.format] : []));
  if (formats.length === 0) return null;
  const { openTools } = await import('./fetched-tools.ts');
  const needs = new Set(formats.flatMap((format) => TOOLS[format]));
  return openTools([...needs], job, surroundings);
}

function warn(messages: readonly string[], { emit }: Surroundings): void {
  for (const message of messages) emit({ type: 'warning', message });
}

function withoutKept({ stateDir: _, ...job }: Job): Job {
  return job;
}

function directoryFirst(a: RootfsTarget, b: RootfsTarget): number {
  return Number(b.kind === 'directory') - Number(a.kind === 'directory');
}

export function sealedOf({ lock, staged, layerFile }: Base): SealedBase {
  return { lock, layer: staged.layer!, layerFile, skippedScripts: staged.skipped };
}

/** Beside the first file that an image goes to: there is room for it. */
function workplaceOf(images: readonly ImageTarget[]): string {
  const file = images.find((image) => 'path' in image);
  return file === undefined ? tmpdir() : dirname(file.path);
}

function resultOf(bases: readonly Base[]): Omit<BuildResult, 'image' | 'lockFile' | 'sbomFiles'> {
  const sum = (count: (base: Base) => number) => bases.reduce((total, base) => total + count(base), 0);
  return {
    locks: bases.map(({ lock }) => lock),
    packages: sum(({ lock }) => lock.packages.length),
    size: sum(({ staged }) => staged.size),
    entries: sum(({ staged }) => staged.entries),
    excluded: bases[0]!.staged.excluded,
  };
}
