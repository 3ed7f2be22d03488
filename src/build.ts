import { MkbaseError } from './errors.ts';
import type { Plan } from './families/family.ts';
import type { Event, Job, Surroundings } from './job.ts';
import type { Lock } from './lock.ts';
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
export async function plan(_job: Job, _surroundings: Surroundings): Promise<Plan> {
  throw new MkbaseError('internal/not-built', 'cannot plan yet');
}

/** Makes the base that `job` describes at `target`; on any failure what existed before is as it was. */
export async function build(_job: Job, _target: Target, _surroundings: Surroundings): Promise<BuildResult> {
  throw new MkbaseError('internal/not-built', 'cannot build yet');
}

export type { Event, Target };
