import { MkbaseError } from './errors.ts';
import type { Plan } from './families/family.ts';
import { createHttp } from './fetch/http.ts';
import { openStore } from './fetch/store.ts';
import type { Event, Job, Surroundings } from './job.ts';
import type { Lock } from './lock.ts';
import { planJob } from './plan.ts';
import type { Target } from './target.ts';

export interface BuildResult {
  readonly lock: Lock;
  readonly lockFile: string | null;
  readonly packages: number;
  /** Bytes of files in the rootfs. */
  readonly size: number;
  readonly entries: number;
}

/** Resolves the job and touches nothing but the cache. */
export async function plan(job: Job, { env, signal, emit }: Surroundings): Promise<Plan> {
  const { cacheDir: directory, offline } = job;
  const http = createHttp({ env, signal, offline, log: (line) => emit({ type: 'log', line }) });
  const store = openStore({ directory, http, offline });
  emit({ type: 'phase', phase: 'plan' });
  return planJob(job, { http, store, aptFolder: '/etc/apt' });
}

/** Makes the base that `job` describes at `target`; on any failure what existed before is as it was. */
export async function build(_job: Job, _target: Target, _surroundings: Surroundings): Promise<BuildResult> {
  throw new MkbaseError('internal/not-built', 'cannot build yet');
}

export type { Event, Target };
