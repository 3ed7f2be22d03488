import { recipes } from '../recipes/index.ts';
import { lentMirrors, readHostSources } from './families/apt/host-sources.ts';
import { planFromLock } from './families/apt/lock-plan.ts';
import { planApt } from './families/apt/plan.ts';
import type { Plan } from './families/family.ts';
import type { Http } from './fetch/http.ts';
import type { Store } from './fetch/store.ts';
import type { Job } from './job.ts';
import { findRecipe, loadRecipe } from './recipes.ts';

export interface PlanSurroundings {
  readonly http: Http;
  readonly store: Store;
  /** The host's apt settings: /etc/apt. */
  readonly aptFolder: string;
}

/** What is to be installed and from where: read from the job's lock, or resolved from the signed indexes. */
export async function planJob(job: Job, { http, store, aptFolder }: PlanSurroundings): Promise<Plan> {
  const recipe = await loadRecipe(findRecipe(job.suite));
  const siblings = recipes.filter(({ distribution }) => distribution === recipe.distribution);
  const lent = lentMirrors(await readHostSources(aptFolder), siblings);
  if (job.lock === null) return planApt(job, recipe, { http, store, lent, offline: job.offline });
  return planFromLock(job.lock, job, recipe, lent);
}
