import { MkbaseError } from '../errors.ts';

/** The user's error for a failed system call in the cache; other errors are returned unchanged. */
export function cacheError(error: unknown, directory: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(code)) {
    return new MkbaseError(
      'host/cache-not-writable',
      `cannot write into the cache \`${directory}\` (${code})`,
      {
        hint: 'name a directory of your own with --cache-dir',
        cause: error,
      },
    );
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new MkbaseError('host/cache-full', `no space is left for the cache \`${directory}\` (${code})`, {
      hint: 'free some space, or name a directory elsewhere with --cache-dir',
      cause: error,
    });
  }
  return error;
}
