import { openPlanCache } from '../cache.ts';
import type { Plan, PlanIo } from '../families/family.ts';
import { familyOf } from '../families/index.ts';
import type { Job, Surroundings } from '../job.ts';
import { checkLockable } from '../lock/lock-file.ts';

/** Resolves the job and touches nothing but the cache. */
export async function plan(job: Job, surroundings: Surroundings): Promise<Plan> {
  return planJob(job, await openPlanCache(job, surroundings), surroundings);
}

/** The packages to install and their sources: read from the job's lock, or resolved from the signed indexes. */
export async function planJob(job: Job, io: PlanIo, { emit }: Pick<Surroundings, 'emit'>): Promise<Plan> {
  emit({ type: 'phase', phase: 'plan' });
  const { recipe } = job;
  const plan = await (await familyOf(recipe).planner()).plan(job, recipe, io);
  if (job.lock === null) checkLockable(plan.lock.packages);
  for (const message of plan.warnings) emit({ type: 'warning', message });
  return plan;
}

/** The digest of all that the job's plan is made from, in as few requests as can tell. */
export async function inputsOf(job: Job, io: PlanIo): Promise<string> {
  const { recipe } = job;
  return (await familyOf(recipe).planner()).inputs(job, recipe, io);
}
