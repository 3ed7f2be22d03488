import type { Job } from '../../job.ts';
import type { Lock } from '../../lock.ts';
import type { ApkRecipe } from '../../recipe.ts';
import type { LoadedRecipe } from '../../recipes.ts';
import type { Plan } from '../family.ts';
import { checkLock, packagesOf, recipeWarnings } from '../locked.ts';
import { addressesOf } from './plan.ts';
import { rungsOf } from './request.ts';

/**
 * The plan that a Lock holds, with no index and no question to a mirror: the identities in the Lock are
 * what its packages are checked by. Of the job only the mirror counts.
 */
export function planFromLock(lock: Lock, job: Job, recipe: LoadedRecipe<ApkRecipe>): Plan {
  checkLock(lock, job, recipe);
  const rungs = rungsOf(job, recipe, lock.arch);
  return {
    lock,
    packages: packagesOf(lock),
    urlsOf: addressesOf(new Map(lock.components.map((component) => [component, rungs]))),
    seedFiles: lock.image.files,
    warnings: recipeWarnings(lock, recipe),
  };
}
