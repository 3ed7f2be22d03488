import { createHash } from 'node:crypto';
import { LOCK_SECTIONS } from '../families/index.ts';
import type { Job } from '../job.ts';
import { type Lock, type LockContent, type LockedFile, type LockedProgram, makeLock } from '../lock/lock.ts';
import type { Taken } from './packages.ts';

export interface ScratchLockOptions {
  readonly job: Job;
  readonly arch: string;
  readonly taken: Taken | null;
  readonly files: readonly LockedFile[];
  /** Files of this machine. */
  readonly programs: readonly LockedProgram[];
}

/** The Lock of a scratch image: packages as in any Lock, and the files of this machine. */
export function scratchLock({ job, arch, taken, files, programs }: ScratchLockOptions): Lock {
  const base: LockContent = taken?.lock ?? { ...WITHOUT_PACKAGES, arch };
  const built = (taken?.packages ?? []).map((item) => item.built);
  const content: LockContent = {
    ...base,
    image: {
      ...base.image,
      files,
      accounts: job.accounts,
      additions: job.additions === null ? null : sha256(job.additions),
      programs: programs.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      settings: job.settings,
      annotations: job.annotations,
      created: job.created,
    },
    // Without packages nothing has a time that all machines agree on.
    epoch: job.epoch ?? Math.max(0, ...built),
  };
  return makeLock(content, base.family && LOCK_SECTIONS[base.family.name]!);
}

/** A recipe of nothing. */
const WITHOUT_PACKAGES: Omit<LockContent, 'arch'> = {
  recipe: {
    ...{ name: 'mkbase:scratch', distribution: 'mkbase', suite: 'scratch', release: null },
    digest: sha256(Buffer.alloc(0)),
  },
  variant: 'scratch',
  components: [],
  options: {
    include: [],
    exclude: [],
    scripts: 'skip',
  },
  pathRules: [],
  image: {
    files: [],
    accounts: [],
    additions: null,
    programs: [],
    keepSecrets: false,
    settings: {},
    annotations: {},
    created: null,
  },
  family: null,
  indexes: [],
  checksOff: [],
  packages: [],
  epoch: null,
};

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
