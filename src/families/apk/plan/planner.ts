import type { Job } from '../../../job.ts';
import type { Recipe } from '../../../recipe/recipe.ts';
import type { LoadedRecipe } from '../../../recipe/recipes.ts';
import type { Plan, PlanIo } from '../../family.ts';
import type { ApkRecipe } from '../recipe.ts';
import { planFromLock } from './lock-plan.ts';
import { apkInputs, planApk } from './plan.ts';

/** The packages to install and their origin: read from the job's lock, or resolved from the signed indexes. */
export async function plan(job: Job, found: LoadedRecipe<Recipe>, io: PlanIo): Promise<Plan> {
  const recipe = found as LoadedRecipe<ApkRecipe>;
  if (job.lock !== null) return planFromLock(job.lock, job, recipe);
  return planApk(job, recipe, { ...io, offline: job.offline });
}

export async function inputs(job: Job, found: LoadedRecipe<Recipe>, io: PlanIo): Promise<string> {
  return apkInputs(job, found as LoadedRecipe<ApkRecipe>, { ...io, offline: job.offline });
}
