import { MkbaseError } from '../../../errors.ts';
import type { Job } from '../../../job.ts';
import { inputsDigest, makeLock, sorted } from '../../../lock/lock.ts';
import { allInOrder } from '../../../promises.ts';
import { type LoadedRecipe, otherPointRelease, pointReleaseOf } from '../../../recipe/recipes.ts';
import type { Plan } from '../../family.ts';
import { addresses } from '../../local-files.ts';
import { endedWarnings } from '../../locked.ts';
import { checkNeededPaths, shellAt } from '../../needed-paths.ts';
import { passedOverWarnings } from '../../try-mirrors.ts';
import type { Lending } from '../archive/host-sources.ts';
import { isSuite, type TrustedRepository } from '../archive/open-repository.ts';
import { findRelease } from '../archive/signed-release.ts';
import { section } from '../lock-section.ts';
import type { AptRecipe } from '../recipe.ts';
import { lockContent } from './lock-content.ts';
import { type AptRequest, repositoriesOf, requestFrom } from './request.ts';
import { type ResolutionIo, resolve } from './resolution.ts';

export interface AptPlanIo extends ResolutionIo {
  /** The host's own apt sources for each pocket. */
  readonly lent: Lending;
}

const DATABASE = { purpose: "dpkg's database", scriptsAlone: false };

/** Paths that a base needs. */
const NEEDED_PATHS = [
  { path: '/var/lib/dpkg/status', ...DATABASE },
  { path: '/var/lib/dpkg/info/dpkg.list', ...DATABASE },
  ...['/bin/sh', '/bin/dash', '/bin/bash'].map(shellAt),
  { path: '/usr/bin/dpkg', purpose: 'dpkg, which configures the packages', scriptsAlone: true },
];

/** Everything from a suite's name to what is to be installed: every index verified, all resolved at once. */
export async function planApt(job: Job, recipe: LoadedRecipe<AptRecipe>, io: AptPlanIo): Promise<Plan> {
  const request = await requestFrom(job, recipe);
  checkNeededPaths(NEEDED_PATHS, { rules: request.rules, scripts: job.scripts });
  const found = await findRepositories(request, io);
  checkSuite(request, found);
  checkPointRelease(request, found);
  const { packages, absent, repositories } = await resolve(request, found, io);
  const content = await lockContent(request, repositories);
  const lock = makeLock(
    { ...content, packages: sorted(packages).map(({ installedSize: _, ...locked }) => locked) },
    section,
  );
  return {
    lock,
    packages,
    urlsOf: addresses(
      new Map(repositories.map(({ repository, trusted }) => [repository.name, trusted.mirrors])),
      request.local,
    ),
    seedFiles: content.image.files,
    warnings: [
      ...endedWarnings(recipe, job.now),
      ...repositories.flatMap((one) => warningsOf(one, absent.includes(one.repository.name))),
    ],
  };
}

/** The `inputsDigest` of the Lock that {@link planApt} would give, from the signed Releases alone. */
export async function aptInputs(job: Job, recipe: LoadedRecipe<AptRecipe>, io: AptPlanIo): Promise<string> {
  const request = await requestFrom(job, recipe);
  const found = await findRepositories(request, io);
  return inputsDigest({ ...(await lockContent(request, found)), packages: [] }, section);
}

/** All that packages are chosen from, each with a Release that was found good. */
function findRepositories(request: AptRequest, io: AptPlanIo): Promise<TrustedRepository[]> {
  return allInOrder(
    repositoriesOf(request, io.lent).map(async (repository) => {
      return { repository, trusted: await findRelease(repository, io, request.job) };
    }),
  );
}

/** A name such as `debian:13.8` is held against what the Release of the suite itself says. */
function checkPointRelease({ job, recipe }: AptRequest, found: readonly TrustedRepository[]): void {
  const wanted = pointReleaseOf(job.suite, recipe);
  const suite = found.find((one) => isSuite(one, recipe));
  if (wanted === null || suite === undefined) return;
  const there = suite.trusted.release.version ?? null;
  if (there !== wanted) throw otherPointRelease(job.suite, there);
}

function checkSuite({ job, recipe, pockets }: AptRequest, found: readonly TrustedRepository[]): void {
  if (pockets.length > 0 || job.variant === 'custom' || found.some((one) => isSuite(one, recipe))) return;
  throw new MkbaseError('usage/no-suite', `none of the given sources is of \`${recipe.suite}\``, {
    hint: 'MIRROR stands in place of the usual mirrors: to add sources to these, name them with `--source`',
  });
}

function warningsOf({ repository, trusted }: TrustedRepository, isAbsent: boolean): readonly string[] {
  const { suite, arch, mirrorList } = repository;
  const [used] = trusted.mirrors;
  const isOther = mirrorList.chosen.length > 0 && used !== undefined && !mirrorList.chosen.includes(used);
  return [
    ...passedOverWarnings(suite, trusted),
    ...(isAbsent ? [`\`${suite}\` has nothing for \`${arch}\`: it is passed over`] : []),
    ...(isOther ? [`the given mirror has no \`${suite}\`: it comes from the usual mirrors`] : []),
  ];
}
