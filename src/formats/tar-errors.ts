import { MkbaseError } from '../errors.ts';

/** The one error of everything that reads tar: `package/bad-tar`. */
export function badTar(reason: string): MkbaseError {
  return new MkbaseError('package/bad-tar', `not a sound tar archive: ${reason}`, {
    hint: 'fetch the file again; if it stays so, its maker must repair it',
  });
}
