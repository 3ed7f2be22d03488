import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { archOf } from '../../arch.ts';
import { MkbaseError } from '../../errors.ts';
import { armorKeyring, fingerprintOf, type Keyring, readKeyring } from '../../formats/openpgp.ts';
import { lockedHooks } from '../../hooks/hook.ts';
import type { Job } from '../../job.ts';
import { inputsDigest, type LockContent, makeLock, sorted } from '../../lock.ts';
import type { AptRecipe, AptVariant, Pocket } from '../../recipe.ts';
import type { LoadedRecipe } from '../../recipes.ts';
import type { Plan } from '../family.ts';
import { hostArch } from '../host-arch.ts';
import { additionsDigest, endedWarnings } from '../locked.ts';
import type { LentMirrors } from './host-sources.ts';
import { readIndexes } from './index-files.ts';
import { type Ladder, ladderOf, urlOf, withoutCredentials } from './mirrors.ts';
import { checkNeededPaths } from './needed-paths.ts';
import { seedFiles } from './seed-files.ts';
import { findRelease, type ReleaseIo, type ReleaseOptions, type TrustedRelease } from './signed-release.ts';
import type { AptSource } from './universe.ts';
import { choosePackages } from './variants.ts';

export interface AptPlanIo extends ReleaseIo {
  /** What the host's own apt sources offer for the recipe's distribution. */
  readonly lent: LentMirrors;
}

/** The job with all that the recipe decides where the user did not. */
interface Request {
  readonly job: Job;
  readonly recipe: LoadedRecipe<AptRecipe>;
  readonly arch: string;
  readonly variant: AptVariant;
  readonly components: readonly string[];
  readonly pockets: readonly Pocket[];
  readonly keyring: Promise<Keyring>;
}

/** A pocket whose Release was found good. */
interface TrustedPocket {
  readonly pocket: Pocket;
  readonly ladder: Ladder;
  readonly trusted: TrustedRelease;
}

interface OpenPocket extends TrustedPocket {
  readonly sources: readonly AptSource[];
}

/** Everything from a suite's name to what is to be installed: every index verified, all pockets resolved at once. */
export async function planApt(job: Job, recipe: LoadedRecipe<AptRecipe>, io: AptPlanIo): Promise<Plan> {
  const request = complete(job, recipe);
  const { variant } = request;
  checkNeededPaths(pathRulesOf(request), job.scripts);
  const opened = await allInOrder(request.pockets.map((pocket) => openPocket(pocket, request, io)));
  const packages = choosePackages(
    opened.flatMap(({ sources }) => sources),
    {
      arch: request.arch,
      variant,
      include: job.include,
      exclude: job.exclude,
      extra: recipe.extra[variant] ?? [],
      recommends: job.recommends,
      solver: job.solver,
      preferences: job.preferences ? recipe.preferences : [],
    },
  );
  const content = await contentOf(request, opened);
  const lock = makeLock({
    ...content,
    packages: sorted(packages).map(({ installedSize: _, ...locked }) => locked),
  });
  const rungsOf = new Map(opened.map(({ pocket, trusted }) => [pocket.name as string, trusted.rungs]));
  return {
    lock,
    packages,
    urlsOf: (path, pocket) => (rungsOf.get(pocket) ?? []).map((rung) => urlOf(rung, path)),
    seedFiles: content.image.files,
    warnings: [...endedWarnings(recipe, job.now), ...opened.flatMap(warningsOf)],
  };
}

/** The `inputsDigest` of the Lock that {@link planApt} would give, from the signed Releases alone. */
export async function aptInputs(job: Job, recipe: LoadedRecipe<AptRecipe>, io: AptPlanIo): Promise<string> {
  const request = complete(job, recipe);
  const trusted = await allInOrder(
    request.pockets.map(async (pocket): Promise<TrustedPocket> => {
      const ladder = ladderFor(pocket, request, io);
      return { pocket, ladder, trusted: await findRelease(pocket, ladder, io, releaseOptions(request)) };
    }),
  );
  return inputsDigest({ ...(await contentOf(request, trusted)), packages: [] });
}

/** All of a Lock but its packages. */
async function contentOf(
  request: Request,
  opened: readonly TrustedPocket[],
): Promise<Omit<LockContent, 'packages'>> {
  const { job, recipe, variant } = request;
  const pathRules = pathRulesOf(request);
  const files = seedFiles({
    recipe,
    docker: job.dockerSettings ? recipe.image.docker : null,
    components: request.components,
    sources: opened.map(({ pocket, ladder, trusted }) => ({
      suite: pocket.suite,
      uri: imageUri(ladder, trusted),
    })),
    keys: await keysForImage(request, opened),
    pathRules,
  });
  return {
    recipe: { name: recipe.name, digest: recipe.digest },
    arch: request.arch,
    variant,
    components: request.components,
    options: {
      include: job.include,
      exclude: job.exclude,
      scripts: job.scripts,
      apt: {
        recommends: job.recommends,
        solver: job.solver,
        preferences: job.preferences,
        debconfSelections: selectionsDigest(job),
      },
    },
    pathRules,
    image: {
      files,
      accounts: job.accounts,
      additions: additionsDigest(job),
      ...(job.hooks.length > 0 && { hooks: lockedHooks(job.hooks) }),
      keepSecrets: job.keepSecrets,
      settings: job.settings,
      annotations: job.annotations,
      created: job.created,
      apt: {
        mergedUsr: !recipe.splitUsr.includes(variant),
        silenced: recipe.silenced,
        dockerSettings: job.dockerSettings,
      },
    },
    indexes: opened.map(({ pocket, trusted }) => ({
      pocket: pocket.name,
      suite: pocket.suite,
      digest: trusted.digest,
      date: trusted.release.date.toISOString().replace('.000Z', 'Z'),
      signedBy: trusted.signedBy,
    })),
    checksOff: job.checksOff,
    epoch: null,
  };
}

function pathRulesOf({ job, recipe }: Request): readonly string[] {
  return [...(job.dockerSettings ? recipe.image.docker.pathRules : []), ...job.pathRules];
}

/** sha256 of the answers for debconf, or null: a Lock must tell them apart and not give them away. */
export function selectionsDigest({ debconfSelections }: Job): string | null {
  return debconfSelections === null ? null : createHash('sha256').update(debconfSelections).digest('hex');
}

function complete(job: Job, recipe: LoadedRecipe<AptRecipe>): Request {
  const arch = archOf(recipe, job.arch ?? hostArch());
  const pockets = pocketsOf(job, recipe);
  const keyring = allowedKeys(job, recipe);
  // It is awaited where a signature is checked; without that, nobody else would hear of its failure.
  keyring.catch(() => {});
  return {
    job,
    recipe,
    arch,
    variant: job.variant as AptVariant,
    components: job.components.length > 0 ? job.components : recipe.components,
    pockets,
    keyring,
  };
}

function pocketsOf(job: Job, recipe: AptRecipe): readonly Pocket[] {
  const names = recipe.pockets.map(({ name }) => name);
  const unknown = job.pockets.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new MkbaseError('usage/unknown-pocket', `\`${recipe.suite}\` has no pocket \`${unknown}\``, {
      hint: `it has ${names.join(', ')}: name them with \`--pockets\``,
    });
  }
  return recipe.pockets.filter(({ name }) => job.pockets.length === 0 || job.pockets.includes(name));
}

async function allowedKeys(job: Job, recipe: LoadedRecipe<AptRecipe>): Promise<Keyring> {
  if (job.checksOff.includes('signature')) return [];
  const files =
    job.keyrings.length === 0
      ? recipe.keyFiles
      : await Promise.all(job.keyrings.map(async (name) => ({ name, bytes: await readFile(name) })));
  return (await Promise.all(files.map(({ bytes, name }) => readKeyring(bytes, name)))).flat();
}

function ladderFor(pocket: Pocket, { job, arch }: Request, { lent }: AptPlanIo): Ladder {
  return ladderOf(pocket, { arch, hostArch: hostArch(), mirror: job.mirror, lent });
}

function releaseOptions({ job, recipe, keyring }: Request): ReleaseOptions {
  const { now, maxAge, checksOff } = job;
  return { keyring, distribution: recipe.distribution, now, maxAge, checksOff };
}

async function openPocket(pocket: Pocket, request: Request, io: AptPlanIo): Promise<OpenPocket> {
  const { arch, components } = request;
  const ladder = ladderFor(pocket, request, io);
  const options = releaseOptions(request);
  const read = async (trusted: TrustedRelease): Promise<OpenPocket> => {
    const { release, rungs } = trusted;
    const indexes = { suite: pocket.suite, arch, components, rungs, store: io.store };
    const texts = await readIndexes(release, indexes);
    return {
      pocket,
      ladder,
      trusted,
      sources: texts.map((text) => ({ pocket: pocket.name, pin: release.pin, text })),
    };
  };
  const trusted = await findRelease(pocket, ladder, io, options);
  try {
    return await read(trusted);
  } catch (error) {
    if (!isMismatch(error) || io.offline) throw error;
    // The mirror may have been updated between the two: then its Release is another one by now.
    const again = await findRelease(pocket, ladder, io, options);
    if (again.digest === trusted.digest) throw error;
    return read(again);
  }
}

function isMismatch(error: unknown): boolean {
  return error instanceof MkbaseError && ['package/wrong-size', 'package/wrong-hash'].includes(error.code);
}

/** All results, or the failure of the first in order that has one, whichever was faster. */
async function allInOrder<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  const results: T[] = [];
  for (const item of work) results.push(await item);
  return results;
}

/** The user's mirror where it served the pocket, else the recipe's: a lent one is the host's affair. */
function imageUri(ladder: Ladder, { rungs }: TrustedRelease): string {
  const [used] = rungs;
  return used !== undefined && ladder.chosen.includes(used) ? withoutCredentials(used) : ladder.official;
}

/** Keys that signed and that the image's own keyring does not have, for apt to find them beside its sources. */
async function keysForImage(
  { job, recipe, keyring }: Request,
  opened: readonly TrustedPocket[],
): Promise<string | null> {
  if (job.keyrings.length === 0) return null;
  const known = (
    await Promise.all(recipe.keyFiles.map(({ bytes, name }) => readKeyring(bytes, name)))
  ).flat();
  const own = new Set(known.map(fingerprintOf));
  const signers = new Set(opened.map(({ trusted }) => trusted.signedBy));
  if ([...signers].every((signer) => signer === null || own.has(signer))) return null;
  return armorKeyring((await keyring).filter((key) => signers.has(fingerprintOf(key))));
}

/** Names no mirror: the first may be the host's own. */
function warningsOf({ pocket, ladder, trusted }: OpenPocket): string[] {
  const [used] = trusted.rungs;
  const warnings: string[] = [];
  const reasons = trusted.passedOver
    .filter(({ code }) => code !== 'network/not-found')
    .map(({ code }) => code);
  if (reasons.length > 0) {
    warnings.push(`a mirror of \`${pocket.suite}\` was passed over: ${[...new Set(reasons)].join(', ')}`);
  }
  if (ladder.chosen.length > 0 && used !== undefined && !ladder.chosen.includes(used)) {
    warnings.push(`the given mirror has no \`${pocket.suite}\`: it comes from the usual mirrors`);
  }
  return warnings;
}
