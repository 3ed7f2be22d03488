import { statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { Flags } from './options.ts';
import { bytes } from './values.ts';

export interface CacheSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** `--cache-dir`, else the user's own: absolute. */
export function cacheDirOf(flags: Pick<Flags, 'cache-dir'>, { env, cwd }: CacheSurroundings): string {
  return flags['cache-dir'] === null ? defaultCache(env) : resolve(cwd, flags['cache-dir']);
}

/** Bytes that the cache may have, `--cache-size`. */
export function cacheSizeOf(flags: Pick<Flags, 'cache-size'>): number {
  return bytes('cache-size', flags['cache-size'] ?? '10G');
}

/** The folder for what is to be kept and is this machine's: the key of the cache. */
export function stateDirOf({ env }: Pick<CacheSurroundings, 'env'>): string {
  return ownFolder(env, 'XDG_STATE_HOME', '.local/state');
}

function defaultCache(env: CacheSurroundings['env']): string {
  return ownFolder(env, 'XDG_CACHE_HOME', '.cache');
}

/** XDG Base Directory Specification: a variable that is relative is ignored. */
function ownFolder(env: CacheSurroundings['env'], variable: string, usual: string): string {
  const xdg = env[variable] ?? '';
  const home = env.HOME || homedir();
  if (isRootIn(isAbsolute(xdg) ? xdg : home)) return join(userInfo().homedir, usual, 'mkbase');
  return join(isAbsolute(xdg) ? xdg : join(home, usual), 'mkbase');
}

/**
 * Whether this is root in a directory of another user, as `sudo` may leave it: to what root wrote there
 * its owner could add nothing. Root of a user namespace may not even look into it.
 */
function isRootIn(directory: string): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    return (statSync(directory, { throwIfNoEntry: false })?.uid ?? 0) !== 0;
  } catch {
    return true;
  }
}
