import { MkbaseError, quoted } from '../errors.ts';

/** The one error of everything that reads tar: `package/bad-tar`. */
export function badTar(reason: string): MkbaseError {
  return new MkbaseError('package/bad-tar', `not a sound tar archive: ${reason}`, {
    hint: 'fetch the file again; if it stays so, its maker must repair it',
  });
}

/** Bytes of a path or of a link's target: PATH_MAX of limits.h without its NUL. */
export const MAX_NAME = 4095;

/**
 * A name or target as it stands in an archive, where a system call could take it.
 *
 * @throws MkbaseError `package/bad-tar`, `package/name-too-long`
 */
export function checkName(text: string, what: string): string {
  if (text.length > MAX_NAME) {
    throw new MkbaseError(
      'package/name-too-long',
      `the archive has a ${what} of ${text.length} bytes: ${quoted(text)}`,
      { hint: `Linux takes ${MAX_NAME} bytes: no program could unpack it` },
    );
  }
  return checkText(text, what);
}

/** A text of an archive as it is, where a system call could take it. */
export function checkText(text: string, what: string): string {
  if (text.includes('\0')) throw badTar(`a ${what} holds a NUL`);
  return text;
}
