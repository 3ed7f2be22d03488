import type { HostSettings } from '../job.ts';
import { type CacheSurroundings, cacheDirOf, cacheSizeOf, stateDirOf } from './cache-directory.ts';
import type { Flags } from './options.ts';
import { tlsFrom } from './tls.ts';
import { allowed, count, time } from './values.ts';

export interface HostSurroundings extends CacheSurroundings {
  readonly now: Date;
  readonly processors: number;
}

/** The options that say how this machine does a request, and not what it says. */
export async function hostSettings(
  flags: Flags,
  { env, cwd, now, processors }: HostSurroundings,
): Promise<HostSettings> {
  return {
    tls: await tlsFrom(flags, cwd),
    now: flags['debug-now'] === null ? now : time('debug-now', flags['debug-now']),
    cacheDir: cacheDirOf(flags, { env, cwd }),
    stateDir: stateDirOf({ env }),
    cacheSize: cacheSizeOf(flags),
    cacheResults: !flags['no-cache-results'],
    offline: flags.offline,
    mode: (allowed('mode', flags.mode) ?? 'auto') as HostSettings['mode'],
    jobs: flags.jobs === null ? processors : count('jobs', flags.jobs),
  };
}
