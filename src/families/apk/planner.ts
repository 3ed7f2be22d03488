import type { Job } from '../../job.ts';
import type { ApkRecipe } from '../../recipe.ts';
import type { LoadedRecipe } from '../../recipes.ts';
import type { Plan, PlanIo } from '../family.ts';

export async function inputs(_job: Job, recipe: LoadedRecipe<ApkRecipe>, _io: PlanIo): Promise<string> {
  throw new Error(`${recipe.name} cannot be planned yet`);
}

export async function plan(_job: Job, recipe: LoadedRecipe<ApkRecipe>, _io: PlanIo): Promise<Plan> {
  throw new Error(`${recipe.name} cannot be planned yet`);
}
