import { createHash } from 'node:crypto';
import { fingerprintOf, type Keyring, readKeyring } from '../../../formats/openpgp.ts';
import type { Job } from '../../../job.ts';
import type { LockContent, LockedIndex } from '../../../lock/lock.ts';
import { isoTime } from '../../../time.ts';
import { imageChoices, lockedRecipe } from '../../locked.ts';
import { withoutCredentials } from '../../mirror-address.ts';
import type { TrustedRepository } from '../archive/open-repository.ts';
import { writtenPins } from '../choose/pins.ts';
import type { AptFamily } from '../lock-section.ts';
import type { AptRecipe } from '../recipe.ts';
import type { AptRequest } from './request.ts';
import { seedFiles } from './seed-files.ts';
import { type SourcePocket, sourceFiles } from './source-files.ts';

/** All of a Lock but its packages: what was asked for, and what the image gets beside them. */
export async function lockContent(
  request: AptRequest,
  found: readonly TrustedRepository[],
): Promise<Omit<LockContent, 'packages'>> {
  const { job, recipe, variant, rules } = request;
  const pockets = found.filter(({ repository }) => repository.ownUri === null);
  const files = seedFiles({
    docker: job.dockerSettings ? recipe.image.docker : null,
    sources: await sourceFiles({
      recipe,
      pockets: pockets.map((pocket) => sourcePocket(pocket, recipe)),
      keys: await keysForImage(request, pockets),
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

/** Of the recipe: what the indexes, and all else in the Lock, do not decide. */
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

/** sha256 of the answers for debconf, or null: a Lock must tell them apart and not give them away. */
export function selectionsDigest({ debconfSelections }: Job): string | null {
  return debconfSelections === null ? null : createHash('sha256').update(debconfSelections).digest('hex');
}

function lockedIndex({ repository, trusted }: TrustedRepository, job: Job): LockedIndex {
  const { name, suite, ladder, snapshots, ownUri } = repository;
  const checksOff = repository.checksOff.filter((check) => !job.checksOff.includes(check));
  return {
    pocket: name,
    suite,
    uri: ownUri ?? ladder.official,
    digest: trusted.digest,
    date: isoTime(trusted.release.date),
    signedBy: trusted.signedBy,
    ...(/^[^\p{Cc}]+$/u.test(trusted.release.origin ?? '') && { origin: trusted.release.origin! }),
    ...(snapshots !== null && { snapshots }),
    ...(ownUri !== null && { own: { checksOff } }),
  };
}

function sourcePocket(found: TrustedRepository, { pockets, image }: AptRecipe): SourcePocket {
  const { name, suite, components, moment } = found.repository;
  const { signedBy } = pockets.find((pocket) => pocket.name === name)?.separate ?? image;
  const [used = null] = found.trusted.rungs;
  const snapshot = moment === null || used === null ? null : withoutCredentials(used);
  return { suite, components, uri: imageUri(found), snapshot, signedBy };
}

/** The user's mirror where it served the pocket, else the recipe's: a lent one is the host's affair. */
function imageUri({ repository: { ladder }, trusted: { rungs } }: TrustedRepository): string {
  const [used] = rungs;
  return used !== undefined && ladder.chosen.includes(used) ? withoutCredentials(used) : ladder.official;
}

/** Keys that signed and that the image's own keyring does not have, for apt to find them beside its sources. */
async function keysForImage(
  { job, recipe, keyring }: AptRequest,
  pockets: readonly TrustedRepository[],
): Promise<Keyring | null> {
  const { ownKeys = [] } = recipe.image;
  if (job.keyrings.length === 0 && ownKeys.length === 0) return null;
  const packaged = recipe.keyFiles.filter(({ name }) => !ownKeys.includes(name));
  const known = (await Promise.all(packaged.map(({ bytes, name }) => readKeyring(bytes, name)))).flat();
  const own = new Set(known.map(fingerprintOf));
  const signers = new Set(pockets.map(({ trusted }) => trusted.signedBy));
  if ([...signers].every((signer) => signer === null || own.has(signer))) return null;
  return (await keyring).filter((key) => signers.has(fingerprintOf(key)));
}
