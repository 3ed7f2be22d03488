import type { Job } from '../../../job.ts';
import { inputsDigest, makeLock } from '../../../lock/lock.ts';
import { allInOrder } from '../../../promises.ts';
import { type LoadedRecipe, otherPointRelease, pointReleaseOf } from '../../../recipe/recipes.ts';
import { parsePathRules } from '../../../rootfs/exclusions.ts';
import { SECONDS_A_DAY } from '../../../time.ts';
import type { Plan, PlannedPackage } from '../../family.ts';
import { addresses, LOCAL } from '../../local-files.ts';
import { endedWarnings, hasEnded } from '../../locked.ts';
import { checkNeededPaths, shellAt } from '../../needed-paths.ts';
import { passedOverWarnings } from '../../try-mirrors.ts';
import type { Repository } from '../archive/repositories.ts';
import { findIndex, type IndexIo, type TrustedIndex } from '../archive/trusted-index.ts';
import { solveWorld } from '../choose/world.ts';
import { section } from '../lock-section.ts';
import type { ApkPackage } from '../package/apk-package.ts';
import { compareVersions } from '../package/version.ts';
import type { ApkRecipe } from '../recipe.ts';
import { lockContent } from './lock-content.ts';
import { packageCheck } from './package-check.ts';
import { type ApkRequest, releaseFilesOf, requestFrom } from './request.ts';

/** Paths that scripts need. */
const NEEDED_PATHS = ['/bin/sh', '/bin/busybox'].map(shellAt);

/** Files of this machine come before all that is served. */
const LOCAL_REPOSITORY: Repository = { name: LOCAL, mirrors: [], folder: '', tag: null, own: null };

/** Everything from a branch's name to what is to be installed: every index verified, all resolved at once. */
export async function planApk(job: Job, recipe: LoadedRecipe<ApkRecipe>, io: IndexIo): Promise<Plan> {
  const request = await requestFrom(job, recipe);
  checkNeededPaths(NEEDED_PATHS, { rules: parsePathRules(job.pathRules), scripts: job.scripts });
  const indexes = await indexesOf(request, io);
  checkPointRelease(request, indexes);
  const sources = [
    { packages: request.local.map((one) => one.package), repository: LOCAL_REPOSITORY },
    ...indexes,
  ];
  const repositories = sources.map(({ packages, repository }) => ({ packages, tag: repository.tag }));
  const world = new Set(request.world.map(({ name }) => name));
  const selected = solveWorld({ repositories, world: request.world }).map((one) => ({
    item: one.package,
    repository: sources[one.repository]!.repository,
    tag: one.tag,
    reason: world.has(one.package.name) ? ('requested' as const) : ('dependency' as const),
  }));
  const release = releasePackage(request, indexes);
  const isInstalled = selected.some(({ item }) => item.name === release?.item.name);
  const all = release === null || isInstalled ? selected : [...selected, release];
  const releaseFiles = all === selected ? null : release!.item.name;
  const content = lockContent(request, { indexes, releaseFiles });
  const packages = all.map(planned);
  return {
    lock: makeLock(
      { ...content, packages: packages.map(({ installedSize: _, ...locked }) => locked) },
      section,
    ),
    packages,
    urlsOf: addresses(
      new Map(indexes.map(({ repository, mirrors }) => [repository.name, mirrors])),
      request.local,
    ),
    seedFiles: content.image.files,
    ...packageCheck(job, request.keys),
    warnings: [
      ...endedWarnings(recipe, job.now),
      ...sha1Warning(recipe, indexes),
      ...releaseWarning(request, release),
      ...indexes.flatMap((index) => warningsOf(index, request)),
    ],
  };
}

/** The `inputsDigest` of the Lock that {@link planApk} would give, from the signed indexes alone. */
export async function apkInputs(job: Job, recipe: LoadedRecipe<ApkRecipe>, io: IndexIo): Promise<string> {
  const request = await requestFrom(job, recipe);
  const indexes = await indexesOf(request, io);
  const content = lockContent(request, { indexes, releaseFiles: null });
  return inputsDigest({ ...content, packages: [] }, section);
}

function indexesOf(request: ApkRequest, io: IndexIo): Promise<TrustedIndex[]> {
  return allInOrder(request.repositories.map((repository) => findIndex(repository, request, io)));
}

/** A name such as `alpine:3.23.1` is held against the version that the packages of the release itself have. */
function checkPointRelease({ job, recipe }: ApkRequest, indexes: readonly TrustedIndex[]): void {
  const wanted = pointReleaseOf(job.suite, recipe);
  if (wanted === null) return;
  const found = newestOf('alpine-base', indexes);
  const there = found === null ? null : found.item.version.replace(/-r\d+$/, '');
  if (there !== wanted) throw otherPointRelease(job.suite, there);
}

interface Chosen {
  readonly item: ApkPackage;
  readonly repository: Repository;
  /** By which the repository was allowed; null: none was needed. */
  readonly tag: string | null;
  readonly reason: 'requested' | 'dependency';
}

/** The package that the recipe names for it. */
function releasePackage(request: ApkRequest, indexes: readonly TrustedIndex[]): Chosen | null {
  const name = releaseFilesOf(request);
  return name === null ? null : newestOf(name, indexes);
}

/** The newest of a package, of the first repository that has it. */
function newestOf(name: string, indexes: readonly TrustedIndex[]): Chosen | null {
  for (const index of indexes) {
    const [item] = index.packages
      .filter((one) => one.name === name)
      .sort((a, b) => compareVersions(b.version, a.version));
    if (item !== undefined) return { item, repository: index.repository, tag: null, reason: 'dependency' };
  }
  return null;
}

function planned({ item, repository, tag, reason }: Chosen) {
  const { name, version, arch, size, identity, installedSize } = item;
  const folder = repository.name === LOCAL ? '' : `${repository.folder}${arch}/`;
  return {
    ...{ name, version, arch, size, reason, installedSize },
    pocket: repository.name,
    path: `${folder}${name}-${version}.apk`,
    digest: `apk:${Buffer.from(identity.slice('Q1'.length), 'base64').toString('hex')}`,
    ...(tag !== null && { tag }),
  } satisfies PlannedPackage & Record<string, unknown>;
}

/** A branch that is supported gets fixes more often than this. */
const OLD = 180 * SECONDS_A_DAY;

function releaseWarning(request: ApkRequest, found: Chosen | null): readonly string[] {
  const releaseFiles = releaseFilesOf(request);
  if (releaseFiles === null || found !== null) return [];
  return [`no repository has \`${releaseFiles}\`: the base does not say what release it is`];
}

function sha1Warning({ name }: LoadedRecipe<ApkRecipe>, indexes: readonly TrustedIndex[]): readonly string[] {
  if (indexes.every(({ algorithm }) => algorithm !== 'RSA')) return [];
  return [`the indexes of \`${name}\` are signed with SHA-1, as this distribution still does`];
}

/** An apk index has no date of its own but its packages'. */
function warningsOf(index: TrustedIndex, { job, recipe }: ApkRequest): readonly string[] {
  const { name, own } = index.repository;
  const age = job.now.getTime() / 1000 - index.newest;
  const isOld = own === null && !hasEnded(recipe, job.now) && age > OLD;
  const days = Math.floor(age / SECONDS_A_DAY);
  return [
    ...passedOverWarnings(recipe.name, index),
    ...(isOld
      ? [`the newest package of \`${name}\` is ${days} days old: the mirror may be out of date`]
      : []),
  ];
}
