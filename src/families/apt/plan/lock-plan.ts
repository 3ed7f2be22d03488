import { MkbaseError } from '../../../errors.ts';
import type { Job } from '../../../job.ts';
import type { Lock } from '../../../lock/lock.ts';
import type { LoadedRecipe } from '../../../recipe/recipes.ts';
import type { Plan } from '../../family.ts';
import { hostArch } from '../../host-arch.ts';
import { addresses, checkLocalFiles, type LocalFile } from '../../local-files.ts';
import { checkLock, packagesOf } from '../../locked.ts';
import type { Lending } from '../archive/host-sources.ts';
import { mirrorListOf } from '../archive/mirrors.ts';
import { snapshotMirrors } from '../archive/snapshot.ts';
import { readLists, userRepositories } from '../archive/user-sources.ts';
import { aptFamily } from '../lock-section.ts';
import type { AptRecipe, Pocket } from '../recipe.ts';
import { selectionsDigest } from './lock-content.ts';

/**
 * The plan that a Lock holds, without an index or a request to a mirror: packages are checked by the digests in
 * the Lock. The job supplies only the mirror and the values that a Lock cannot hold.
 */
export function planFromLock(
  lock: Lock,
  job: Job,
  recipe: LoadedRecipe<AptRecipe>,
  { lent, local }: { readonly lent: Lending; readonly local: readonly LocalFile[] },
): Plan {
  checkLock(lock, job, recipe);
  if (selectionsDigest(job) !== aptFamily(lock).options.debconfSelections) {
    throw new MkbaseError('lock/other-selections', 'the lock was made with other answers for debconf', {
      hint: 'give the same file with `--debconf-selections FILE`',
    });
  }
  checkLocalFiles(lock, local);
  const mirrors = [
    ...lock.indexes.map(({ pocket, uri }) => [pocket, [uri]] as const),
    ...recipe.pockets.map((pocket) => [pocket.name, pocketRungs(pocket, lock, job, lent)] as const),
    ...lock.indexes.flatMap(({ pocket, uri, own }) => (own === undefined ? [] : [[pocket, [uri]] as const])),
    ...givenAgain(lock, job, recipe),
  ];
  return {
    lock,
    packages: packagesOf(lock),
    // The last of a pocket given twice counts.
    urlsOf: addresses(new Map(mirrors), local),
    seedFiles: lock.image.files,
    warnings: [],
  };
}

/**
 * A mirror drops a version some days after the next one: from then on the snapshot services have it. They
 * take some hours to see a Release, and a mirror keeps what it has lost for longer than that.
 */
const SNAPSHOT_DELAY = 12 * 3600 * 1000;

function pocketRungs(
  { separate: _, ...shared }: Pocket,
  lock: Lock,
  { mirror }: Job,
  lent: Lending,
): readonly string[] {
  const { arch, indexes } = lock;
  const { snapshot } = aptFamily(lock).options;
  const index = indexes.find((one) => one.pocket === shared.name);
  const pocket: Pocket = index?.separate ? { ...shared, separate: { signedBy: null } } : shared;
  // A pocket that was left out may have no snapshots, and nobody asks for them.
  if (snapshot !== null && index !== undefined)
    return snapshotMirrors(pocket, { arch, mirror, moment: new Date(snapshot) }).mirrors;
  const { mirrors } = mirrorListOf(pocket, { arch, hostArch: hostArch(), mirror, lent: lent(pocket) });
  // A user who names a mirror wants no other one to be used.
  if (mirror !== null || index === undefined || pocket.snapshots === undefined) return mirrors;
  const moment = new Date(Date.parse(index.date) + SNAPSHOT_DELAY);
  return [...mirrors, ...snapshotMirrors(pocket, { arch, mirror, moment }).mirrors];
}

/** Sources of the lock that the user names again, with credentials that a lock does not hold. */
function givenAgain(lock: Lock, job: Job, recipe: AptRecipe): (readonly [string, readonly string[]])[] {
  const { components, arch } = lock;
  const lists = readLists(job.sources, { suite: recipe.suite, components });
  return userRepositories(lists, {
    ...{ suite: recipe.suite, components, arch, taken: [] },
    keyring: Promise.resolve([]),
    checksOff: ['trusted'],
  }).flatMap(({ suite, userUri, mirrorList }) =>
    lock.indexes
      .filter((index) => index.own !== undefined && index.uri === userUri && index.suite === suite)
      .map(({ pocket }) => [pocket, mirrorList.mirrors] as const),
  );
}
