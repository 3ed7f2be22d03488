import type { Job } from '../../../job.ts';
import type { Lock } from '../../../lock/lock.ts';
import type { LoadedRecipe } from '../../../recipe/recipes.ts';
import type { Plan } from '../../family.ts';
import { addresses, checkLocalFiles } from '../../local-files.ts';
import { checkLock, packagesOf } from '../../locked.ts';
import { componentRepositories, userRepositories } from '../archive/repositories.ts';
import type { ApkRecipe } from '../recipe.ts';
import { readLocalPackages } from './local-packages.ts';
import { packageCheck } from './package-check.ts';
import { keysOf, mirrorsOf } from './request.ts';

/**
 * The plan that a Lock holds, without an index or a request to a mirror: packages are checked by the identities in
 * the Lock. Only the job's mirror is used.
 */
export async function planFromLock(lock: Lock, job: Job, recipe: LoadedRecipe<ApkRecipe>): Promise<Plan> {
  checkLock(lock, job, recipe);
  // The lock's identities decide here, whoever signed the files.
  const local = await readLocalPackages(job.localPackages, lock.arch, null);
  checkLocalFiles(lock, local);
  return {
    lock,
    packages: packagesOf(lock),
    urlsOf: addresses(rungsOf(lock, job, recipe), local),
    seedFiles: lock.image.files,
    ...packageCheck(job, job.checkPackages ? await keysOf(job, recipe, lock.arch) : null),
    warnings: [],
  };
}

/** Repositories of the lock, with credentials where the user names them again: a lock does not hold those. */
function rungsOf(lock: Lock, job: Job, recipe: ApkRecipe): ReadonlyMap<string, readonly string[]> {
  const { branch } = recipe;
  const components = componentRepositories(lock.components, {
    branch,
    mirrors: mirrorsOf(job, recipe, lock.arch),
  });
  const again = userRepositories(job.sources, { taken: [], checksOff: [] });
  return new Map([
    ...components.map(({ name, mirrors }) => [name, mirrors] as const),
    ...lock.indexes.flatMap(({ pocket, uri, own }) => {
      if (own === undefined) return [];
      const given = again.find((one) => one.own?.uri === uri);
      return [[pocket, given?.mirrors ?? [uri]] as const];
    }),
  ]);
}
