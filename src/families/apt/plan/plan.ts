import { MkbaseError } from '../../../errors.ts';
import type { Job } from '../../../job.ts';
import { inputsDigest, makeLock, sorted } from '../../../lock/lock.ts';
import { allInOrder } from '../../../promises.ts';
import { type LoadedRecipe, otherPointRelease, pointReleaseOf } from '../../../recipe/recipes.ts';
import type { Plan } from '../../family.ts';
import { passedOverWarnings } from '../../ladder.ts';
import { addresses, LOCAL } from '../../local-files.ts';
import { endedWarnings } from '../../locked.ts';
import { checkNeededPaths, shellAt } from '../../needed-paths.ts';
import type { Lending } from '../archive/host-sources.ts';
import {
  isSuite,
  type OpenRepository,
  openRepository,
  type TrustedRepository,
} from '../archive/open-repository.ts';
import { findRelease, type ReleaseIo } from '../archive/signed-release.ts';
import type { AptSource } from '../choose/apt-version.ts';
import { namesOf, priorityOf } from '../choose/pins.ts';
import { choosePackages } from '../choose/variants.ts';
import { section } from '../lock-section.ts';
import type { AptRecipe } from '../recipe.ts';
import { localSource } from './local-packages.ts';
import { lockContent } from './lock-content.ts';
import { type AptRequest, repositoriesOf, requestFrom } from './request.ts';

export interface AptPlanIo extends ReleaseIo {
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
  const opened = await allInOrder(
    repositoriesOf(request, io.lent).map((repository) => openRepository(repository, request, io)),
  );
  checkSuite(request, opened);
  checkPointRelease(request, opened);
  const packages = choosePackages(
    [...localSource(request.local), ...opened.flatMap((repository) => aptSources(repository, request))],
    {
      arch: request.arch,
      variant: request.variant,
      include: [...job.include, ...request.local.map(({ name }) => `${name}/${LOCAL}`)],
      exclude: job.exclude,
      extra: recipe.extra[request.variant] ?? [],
      recommends: job.recommends,
      withRequired: !recipe.withoutRequired.includes(request.variant),
      solver: request.solver,
      preferences: job.preferences ? recipe.preferences : [],
    },
  );
  const content = await lockContent(request, opened);
  const lock = makeLock(
    { ...content, packages: sorted(packages).map(({ installedSize: _, ...locked }) => locked) },
    section,
  );
  return {
    lock,
    packages,
    urlsOf: addresses(
      new Map(opened.map(({ repository, trusted }) => [repository.name, trusted.rungs])),
      request.local,
    ),
    seedFiles: content.image.files,
    warnings: [...endedWarnings(recipe, job.now), ...opened.flatMap(warningsOf)],
  };
}

/** The `inputsDigest` of the Lock that {@link planApt} would give, from the signed Releases alone. */
export async function aptInputs(job: Job, recipe: LoadedRecipe<AptRecipe>, io: AptPlanIo): Promise<string> {
  const request = await requestFrom(job, recipe);
  const found = await allInOrder(
    repositoriesOf(request, io.lent).map(async (repository) => {
      return { repository, trusted: await findRelease(repository, io, job) };
    }),
  );
  return inputsDigest({ ...(await lockContent(request, found)), packages: [] }, section);
}

function aptSources(open: OpenRepository, { job, recipe }: AptRequest): AptSource[] {
  const source = {
    pocket: open.repository.name,
    names: namesOf(open),
    isSuite: isSuite(open, recipe),
    pin: priorityOf(job.pins, open),
  };
  return (open.indexes ?? []).map((index) => ({ ...source, index }));
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

function warningsOf({ repository, trusted, indexes }: OpenRepository): readonly string[] {
  const { suite, arch, ladder } = repository;
  const [used] = trusted.rungs;
  const isOther = ladder.chosen.length > 0 && used !== undefined && !ladder.chosen.includes(used);
  return [
    ...passedOverWarnings(suite, trusted),
    ...(indexes === null ? [`\`${suite}\` has nothing for \`${arch}\`: it is passed over`] : []),
    ...(isOther ? [`the given mirror has no \`${suite}\`: it comes from the usual mirrors`] : []),
  ];
}
