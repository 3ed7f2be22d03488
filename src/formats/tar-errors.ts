import { MkbaseError } from '../errors.ts';

/** The one error of everything that reads tar: `package/bad-tar`. */
export function badTar(reason: string): MkbaseError {
  return new MkbaseError('package/bad-tar', `not a sound tar archive: ${reason}`, {
    hint: 'fetch the file again; if it stays so, its maker must repair it',
  });
}

/** A text of an archive as it is, where a system call could take it. */
export function checkText(text: string, what: string): string {
  if (text.includes('\0')) throw badTar(`a ${what} holds a NUL`);
  return text;
}
