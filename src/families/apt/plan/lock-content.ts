import { createHash } from 'node:crypto';
import { fingerprintOf, type Keyring } from '../../../formats/openpgp.ts';
import type { Job } from '../../../job.ts';
import type { LockContent, LockedIndex } from '../../../lock/lock.ts';
import { isoTime } from '../../../time.ts';
import { imageChoices, lockedRecipe } from '../../locked.ts';
import { withoutCredentials } from '../../mirror-address.ts';
import type { TrustedRepository } from '../archive/open-repository.ts';
import { writtenPins } from '../choose/pins.ts';
import type { AptFamily } from '../lock-section.ts';
import { type AptRequest, readKeyrings, usualKeyFiles } from './request.ts';
import { seedFiles } from './seed-files.ts';
import { type SourcePocket, sourceFiles } from './source-files.ts';

/** A Lock without its packages: the request, and the other contents of the image. */
export async function lockContent(
  request: AptRequest,
  found: readonly TrustedRepository[],
): Promise<Omit<LockContent, 'packages'>> {
  const { job, recipe, variant, rules } = request;
  const pockets = found.filter(({ repository }) => repository.userUri === null);
  const files = seedFiles({
    docker: job.dockerSettings ? recipe.image.docker : null,
    sources: await sourceFiles({
      recipe,
      pockets: await sourcePockets(pockets, request),
      own: request.lists,
      usualKeys: request.keyring,
    }),
    pins: writtenPins(job.pins, found),
    rules,
  });
  return {
    recipe: lockedRecipe(recipe, choiceOf(request)),
    arch: request.arch,
    variant,
    components: request.components,
    options: { include: job.include, exclude: job.exclude, scripts: job.scripts },
    pathRules: rules.map(({ text }) => text),
    image: { files, ...imageChoices(job) },
    family: familyOf(request),
    indexes: found.map((repository) => lockedIndex(repository, job)),
    checksOff: job.checksOff,
    epoch: null,
  };
}

/** The parts of the recipe that neither the indexes nor the rest of the Lock decide. */
function choiceOf({ job, recipe, variant }: AptRequest) {
  const preferences = job.preferences ? recipe.preferences : [];
  return {
    preferences: preferences.map(({ prefer, over }) => ({ prefer, over })),
    extra: recipe.extra[variant] ?? [],
    withRequired: !recipe.withoutRequired.includes(variant),
  };
}

function familyOf({ job, recipe, variant, solver, local }: AptRequest): AptFamily {
  return {
    name: recipe.family,
    options: {
      ...{ recommends: job.recommends, solver, preferences: job.preferences },
      debconfSelections: selectionsDigest(job),
      pins: job.pins,
      snapshot: job.snapshot === null ? null : isoTime(job.snapshot),
      local: local.map(({ sha256 }) => `sha256:${sha256}`),
    },
    image: {
      mergedUsr: job.mergedUsr ?? !recipe.splitUsr.includes(variant),
      silenced: recipe.silenced,
      dockerSettings: job.dockerSettings,
      ...(job.statusDirectory && { statusDirectory: true }),
    },
  };
}

/** sha256 of the answers for debconf, or null: a Lock must distinguish them without revealing them. */
export function selectionsDigest({ debconfSelections }: Job): string | null {
  return debconfSelections === null ? null : createHash('sha256').update(debconfSelections).digest('hex');
}

function lockedIndex({ repository, trusted }: TrustedRepository, job: Job): LockedIndex {
  const { name, suite, mirrorList, snapshots, isSeparate, userUri } = repository;
  const checksOff = repository.checksOff.filter((check) => !job.checksOff.includes(check));
  return {
    pocket: name,
    suite,
    uri: userUri ?? mirrorList.official,
    digest: trusted.digest,
    date: isoTime(trusted.release.date),
    signedBy: trusted.signedBy,
    ...(/^[^\p{Cc}]+$/u.test(trusted.release.origin ?? '') && { origin: trusted.release.origin! }),
    ...(snapshots !== null && { snapshots }),
    ...(isSeparate && { separate: true }),
    ...(userUri !== null && { own: { checksOff } }),
  };
}

async function sourcePockets(
  found: readonly TrustedRepository[],
  request: AptRequest,
): Promise<readonly SourcePocket[]> {
  const { recipe, pocketKeys } = request;
  const usual = found.filter(({ repository }) => !pocketKeys.has(repository.name));
  const keys = await keysForImage(request, usual);
  return Promise.all(
    found.map(async (pocket) => {
      const { name, suite, components, moment, keyring } = pocket.repository;
      const { separate } = recipe.pockets.find((one) => one.name === name)!;
      const [used = null] = pocket.trusted.mirrors;
      const snapshot = moment === null || used === null ? null : withoutCredentials(used);
      const common = { name, suite, components, uri: imageUri(pocket), snapshot };
      if (!pocketKeys.has(name)) return { ...common, signedBy: (separate ?? recipe.image).signedBy, keys };
      const signedBy = separate?.signedBy ?? null;
      return { ...common, signedBy, keys: signedBy === null ? signersIn(await keyring, [pocket]) : null };
    }),
  );
}

/** The user's mirror where it served the pocket, else the recipe's: a lent one is the host's affair. */
function imageUri({ repository: { mirrorList }, trusted: { mirrors } }: TrustedRepository): string {
  const [used] = mirrors;
  return used !== undefined && mirrorList.chosen.includes(used)
    ? withoutCredentials(used)
    : mirrorList.official;
}

/** Keys that signed and that the image's own keyring does not have, for apt to find them beside its sources. */
async function keysForImage(
  { job, recipe, keyring }: AptRequest,
  pockets: readonly TrustedRepository[],
): Promise<Keyring | null> {
  const { ownKeys = [] } = recipe.image;
  if (job.keyrings.length === 0 && ownKeys.length === 0) return null;
  const known = await readKeyrings(usualKeyFiles(recipe).filter(({ name }) => !ownKeys.includes(name)));
  const own = new Set(known.map(fingerprintOf));
  if (pockets.every(({ trusted: { signedBy } }) => signedBy === null || own.has(signedBy))) return null;
  return signersIn(await keyring, pockets);
}

/** The keys that signed; null where no signature was checked. */
function signersIn(keyring: Keyring, found: readonly TrustedRepository[]): Keyring | null {
  const signers = found.map(({ trusted }) => trusted.signedBy);
  const keys = keyring.filter((key) => signers.includes(fingerprintOf(key)));
  return keys.length === 0 ? null : keys;
}
