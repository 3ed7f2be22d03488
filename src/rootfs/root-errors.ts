/** Errors of the system on paths below a root, in words of the Tree. */
import { MkbaseError, quoted } from '../errors.ts';

/** Undefined where nothing is at the path. */
export function orNothing<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
    throw error;
  }
}

/** Restates the system's errors for a link that is not followed, and for a socket. */
export function orNotAFile<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw ['ELOOP', 'ENXIO', 'EISDIR'].includes(codeOf(error)) ? notAFile(path) : error;
  }
}

/** The same error with a path of the Tree in the place of a descriptor. */
export function named(error: NodeJS.ErrnoException, path: string): Error {
  const { code, errno, syscall } = error;
  if (code === undefined || syscall === undefined) return error;
  const file = `/${path}`;
  return Object.assign(new Error(`${code}: ${syscall} ${quoted(file)}`), {
    code,
    errno,
    syscall,
    path: file,
  });
}

export function notAFile(path: string): MkbaseError {
  return new MkbaseError('script/not-a-file', `${quoted(`/${path}`)} in the base is not a regular file`, {
    hint: 'a package, or a script of one, has put something else in its place',
  });
}

export function tooLarge(path: string): MkbaseError {
  return new MkbaseError('script/file-too-large', `${quoted(`/${path}`)} in the base has more than 64 MiB`, {
    hint: 'a package, or a script of one, has put something else in its place',
  });
}

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}
