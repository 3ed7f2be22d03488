import { recipes } from '../../../recipes/index.ts';
import type { Job } from '../../job.ts';
import type { AptRecipe } from '../../recipe.ts';
import type { LoadedRecipe } from '../../recipes.ts';
import type { Plan, PlanIo } from '../family.ts';
import { lentMirrors, readHostSources } from './host-sources.ts';
import { planFromLock } from './lock-plan.ts';
import { planApt } from './plan.ts';

/** What is to be installed and from where: read from the job's lock, or resolved from the signed indexes. */
export async function plan(
  job: Job,
  recipe: LoadedRecipe<AptRecipe>,
  { http, store, aptFolder }: PlanIo,
): Promise<Plan> {
  const siblings = recipes.filter(({ distribution }) => distribution === recipe.distribution);
  const lent = lentMirrors(await readHostSources(aptFolder), siblings);
  if (job.lock !== null) return planFromLock(job.lock, job, recipe, lent);
  return planApt(job, recipe, { http, store, lent, offline: job.offline });
}
