import type { Mode } from '../job.ts';
import type { HookPhase, Verbosity } from './hook.ts';

export interface HookSurroundings {
  /** The user's own environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly mode: Mode;
  readonly phase: HookPhase;
  readonly verbosity: Verbosity;
  /** Packages that the user named. */
  readonly include: readonly string[];
  /** Seconds since 1970. */
  readonly epoch: number;
}

const PROGRAMS = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The environment of a hook: the user's own without variables that would mislead a chroot and without the secret of
 * the cache, which programs of a package could read in a hook's chroot; and the variables that mmdebstrap(1) sets, under its names too, because existing hooks read those.
 */
export function hookEnvironment({
  env,
  mode,
  phase,
  verbosity,
  include,
  epoch,
}: HookSurroundings): Readonly<Record<string, string>> {
  const { TMPDIR, APT_CONFIG, MKBASE_CACHE_KEY, ...kept } = env;
  const own = {
    HOOK: phase,
    MODE: mode,
    ARGV0: 'mkbase',
    VERBOSITY: String(verbosity),
    INCLUDE: include.map((name) => name.replaceAll('%', '%25').replaceAll(',', '%2C')).join(','),
  };
  const named = (prefix: string) => Object.entries(own).map(([name, value]) => [`${prefix}_${name}`, value]);
  const set = Object.entries(kept).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return {
    ...Object.fromEntries(set),
    PATH: [kept.PATH, PROGRAMS].filter(Boolean).join(':'),
    LC_ALL: 'C.UTF-8',
    LANG: 'C.UTF-8',
    LANGUAGE: 'C.UTF-8',
    DEBIAN_FRONTEND: 'noninteractive',
    DEBCONF_NONINTERACTIVE_SEEN: 'true',
    SOURCE_DATE_EPOCH: String(epoch),
    ...Object.fromEntries([...named('MKBASE'), ...named('MMDEBSTRAP')]),
  };
}
