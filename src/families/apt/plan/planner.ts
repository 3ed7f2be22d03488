import type { Job } from '../../../job.ts';
import { listedBuiltIn } from '../../../recipe/built-in.ts';
import type { Recipe } from '../../../recipe/recipe.ts';
import type { LoadedRecipe } from '../../../recipe/recipes.ts';
import type { Plan, PlanIo } from '../../family.ts';
import { type Lending, lending, readHostSources } from '../archive/host-sources.ts';
import type { AptRecipe } from '../recipe.ts';
import { type LibraryOwners, readLibraryOwners } from './library-owners.ts';
import { readLocalPackages } from './local-packages.ts';
import { planFromLock } from './lock-plan.ts';
import { aptInputs, planApt } from './plan.ts';

/** The packages to install and their origin: read from the job's lock, or resolved from the signed indexes. */
export async function plan(
  job: Job,
  found: LoadedRecipe<Recipe>,
  { http, store, aptFolder, derived }: PlanIo,
): Promise<Plan> {
  const recipe = found as LoadedRecipe<AptRecipe>;
  const lent = await lentBy(aptFolder);
  if (job.lock !== null) {
    const local = await readLocalPackages(job, job.lock.arch);
    return planFromLock(job.lock, job, recipe, { lent, local });
  }
  return planApt(job, recipe, { http, store, lent, offline: job.offline, ...(derived && { derived }) });
}

export async function inputs(
  job: Job,
  found: LoadedRecipe<Recipe>,
  { http, store, aptFolder }: PlanIo,
): Promise<string> {
  const recipe = found as LoadedRecipe<AptRecipe>;
  const lent = await lentBy(aptFolder);
  return aptInputs(job, recipe, { http, store, lent, offline: job.offline });
}

export async function libraryOwners(
  job: Job,
  recipe: LoadedRecipe<AptRecipe>,
  { http, store, aptFolder }: PlanIo,
): Promise<LibraryOwners> {
  const lent = await lentBy(aptFolder);
  return readLibraryOwners(job, recipe, { http, store, lent, offline: job.offline });
}

async function lentBy(aptFolder: string): Promise<Lending> {
  const sources = await readHostSources(aptFolder);
  return sources.length === 0 ? () => ({ archive: [], security: [] }) : lending(sources, listedBuiltIn());
}
