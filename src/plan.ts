import type { Plan, PlanIo } from './families/family.ts';
import { planFor } from './families/index.ts';
import type { Job } from './job.ts';
import { findRecipe, loadRecipe } from './recipes.ts';

/** What is to be installed and from where: read from the job's lock, or resolved from the signed indexes. */
export async function planJob(job: Job, io: PlanIo): Promise<Plan> {
  return planFor(job, await loadRecipe(findRecipe(job.suite)), io);
}
