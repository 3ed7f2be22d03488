import { MkbaseError } from '../../errors.ts';
import type { Job } from '../../job.ts';
import type { Lock } from '../../lock.ts';
import type { AptRecipe } from '../../recipe.ts';
import type { LoadedRecipe } from '../../recipes.ts';
import type { Plan } from '../family.ts';
import { hostArch } from '../host-arch.ts';
import { checkLock, packagesOf, recipeWarnings } from '../locked.ts';
import { addresses } from './addresses.ts';
import type { LentMirrors } from './host-sources.ts';
import { LOCAL, type LocalPackage } from './local-packages.ts';
import { selectionsDigest } from './lock-content.ts';
import { ladderOf } from './mirrors.ts';
import { ownRepositories, readLists } from './own-sources.ts';
import { snapshotLadder } from './snapshot.ts';

/**
 * The plan that a Lock holds, with no index and no question to a mirror: the digests in the Lock are
 * what its packages are checked by. Of the job only the mirror counts, and what the Lock cannot hold.
 */
export function planFromLock(
  lock: Lock,
  job: Job,
  recipe: LoadedRecipe<AptRecipe>,
  { lent, local }: { readonly lent: LentMirrors; readonly local: readonly LocalPackage[] },
): Plan {
  checkLock(lock, job, recipe);
  if (selectionsDigest(job) !== (lock.options.apt?.debconfSelections ?? null)) {
    throw new MkbaseError('lock/other-selections', 'the lock was made with other answers for debconf', {
      hint: 'give the same file with `--debconf-selections FILE`',
    });
  }
  const missing = lock.packages.find(
    ({ pocket, path }) => pocket === LOCAL && !local.some((one) => one.path === path),
  );
  if (missing !== undefined) throw fileMissing(missing.path);
  const { arch } = lock;
  const { mirror } = job;
  const snapshot = lock.options.apt?.snapshot ?? null;
  const rungs = [
    ...recipe.pockets.map((pocket) => {
      const ladder =
        snapshot === null
          ? ladderOf(pocket, { arch, hostArch: hostArch(), mirror, lent })
          : snapshotLadder(pocket, { arch, mirror, moment: new Date(snapshot) });
      return [pocket.name, ladder.rungs] as const;
    }),
    ...lock.indexes.flatMap(({ pocket, own }) => (own === undefined ? [] : [[pocket, [own.uri]] as const])),
    ...givenAgain(lock, job, recipe),
  ];
  return {
    lock,
    packages: packagesOf(lock),
    urlsOf: addresses(rungs, local),
    seedFiles: lock.image.files,
    warnings: recipeWarnings(lock, recipe),
  };
}

/** Sources of the lock that the user names again, with credentials that a lock does not hold. */
function givenAgain(lock: Lock, job: Job, recipe: AptRecipe): (readonly [string, readonly string[]])[] {
  const { components, arch } = lock;
  const lists = readLists(job.sources, { suite: recipe.suite, components });
  return ownRepositories(lists, {
    ...{ suite: recipe.suite, components, arch, taken: [] },
    keyring: Promise.resolve([]),
    checksOff: ['trusted'],
  }).flatMap(({ suite, ownUri, ladder }) =>
    lock.indexes
      .filter((index) => index.own?.uri === ownUri && index.suite === suite)
      .map(({ pocket }) => [pocket, ladder.rungs] as const),
  );
}

function fileMissing(path: string): MkbaseError {
  return new MkbaseError('lock/other-packages', `the lock holds the local file \`${path}\``, {
    hint: 'name the same file, unchanged, with `--include ./FILE.deb`',
  });
}
