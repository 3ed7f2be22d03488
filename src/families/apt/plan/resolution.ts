import { Readable } from 'node:stream';
import { type Derived, derivedKey } from '../../../derived/derived.ts';
import { inputsDigest } from '../../../lock/lock.ts';
import { allInOrder } from '../../../promises.ts';
import { LOCAL } from '../../local-files.ts';
import {
  isSuite,
  type OpenRepository,
  openRepository,
  type TrustedRepository,
} from '../archive/open-repository.ts';
import type { ReleaseIo } from '../archive/signed-release.ts';
import type { AptSource } from '../choose/apt-version.ts';
import type { ChosenPackage } from '../choose/chosen.ts';
import { namesOf, priorityOf } from '../choose/pins.ts';
import { choosePackages } from '../choose/variants.ts';
import { section } from '../lock-section.ts';
import { localSource } from './local-packages.ts';
import { lockContent } from './lock-content.ts';
import type { AptRequest } from './request.ts';

/** The packages that a request has chosen from its repositories. */
export interface Resolution {
  readonly packages: readonly ChosenPackage[];
  /** Names of the repositories that have nothing for the architecture. */
  readonly absent: readonly string[];
}

export interface Resolved extends Resolution {
  /** The repositories as they were read: a mirror may have been updated since they were found. */
  readonly repositories: readonly TrustedRepository[];
}

export interface ResolutionIo extends ReleaseIo {
  /** Keeps resolutions; none are kept without it. */
  readonly derived?: Derived;
}

/**
 * The answer that was kept for the same request and the same signed Releases; without one, all indexes are read and
 * resolved at once. The Releases have the digest of every index.
 *
 * @throws what readIndexes and choosePackages throw
 */
export async function resolve(
  request: AptRequest,
  found: readonly TrustedRepository[],
  io: ResolutionIo,
): Promise<Resolved> {
  const kept = await io.derived?.read('plan', await keyOf(request, found));
  if (kept !== undefined) return { ...(JSON.parse(kept.toString()) as Resolution), repositories: found };
  const opened = await allInOrder(found.map((repository) => openRepository(repository, request, io)));
  const resolution: Resolution = {
    packages: choose(request, opened),
    absent: opened.flatMap(({ repository, indexes }) => (indexes === null ? [repository.name] : [])),
  };
  const text = Readable.from([Buffer.from(JSON.stringify(resolution))]);
  await io.derived?.keep('plan', await keyOf(request, opened), text);
  return { ...resolution, repositories: opened };
}

/** Everything that the choice depends on. */
async function keyOf(request: AptRequest, found: readonly TrustedRepository[]): Promise<string> {
  const content = await lockContent(request, found);
  return derivedKey({
    family: 'apt',
    inputs: inputsDigest({ ...content, packages: [] }, section),
    suite: [request.recipe.suite, ...request.recipe.aliases],
    repositories: found.map(({ repository: { name, suite, components, arch } }) => {
      return { name, suite, components, arch };
    }),
  });
}

function choose(request: AptRequest, opened: readonly OpenRepository[]): readonly ChosenPackage[] {
  const { job, recipe, local } = request;
  const sources = opened.flatMap((repository) => aptSources(repository, request));
  return choosePackages([...localSource(local), ...sources], {
    arch: request.arch,
    variant: request.variant,
    include: [...job.include, ...local.map(({ name }) => `${name}/${LOCAL}`)],
    exclude: job.exclude,
    extra: recipe.extra[request.variant] ?? [],
    recommends: job.recommends,
    withRequired: !recipe.withoutRequired.includes(request.variant),
    solver: request.solver,
    preferences: job.preferences ? recipe.preferences : [],
  });
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
