import type { Plan, PlanIo } from '../families/family.ts';
import { inputsFor, planFor } from '../families/index.ts';
import type { Job } from '../job.ts';
import { findRecipe, loadRecipe } from '../recipe/recipes.ts';

/** What is to be installed and from where: read from the job's lock, or resolved from the signed indexes. */
export async function planJob(job: Job, io: PlanIo): Promise<Plan> {
  return planFor(job, await loadRecipe(findRecipe(job.suite)), io);
}

/** The digest of all that the job's plan is made from, in as few requests as can tell. */
export async function inputsOf(job: Job, io: PlanIo): Promise<string> {
  return inputsFor(job, await loadRecipe(findRecipe(job.suite)), io);
}
