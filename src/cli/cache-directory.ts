import { statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { Flags } from './options.ts';

export interface CacheSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** `--cache-dir`, else the user's own: absolute. */
export function cacheDirOf(flags: Pick<Flags, 'cache-dir'>, { env, cwd }: CacheSurroundings): string {
  return flags['cache-dir'] === null ? defaultCache(env) : resolve(cwd, flags['cache-dir']);
}

/** XDG Base Directory Specification: a relative XDG_CACHE_HOME is ignored. */
function defaultCache(env: CacheSurroundings['env']): string {
  const xdg = env.XDG_CACHE_HOME ?? '';
  const home = env.HOME || homedir();
  if (isRootIn(isAbsolute(xdg) ? xdg : home)) return join(userInfo().homedir, '.cache/mkbase');
  return join(isAbsolute(xdg) ? xdg : join(home, '.cache'), 'mkbase');
}

/**
 * Whether this is root in a directory of another user, as `sudo` may leave it: to what root wrote there
 * its owner could add nothing.
 */
function isRootIn(directory: string): boolean {
  if (process.getuid?.() !== 0) return false;
  return (statSync(directory, { throwIfNoEntry: false })?.uid ?? 0) !== 0;
}
