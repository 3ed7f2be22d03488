import { access, constants, readFile, stat } from 'node:fs/promises';
import { MkbaseError, reasonOf } from '../errors.ts';
import type { OptionName } from './options.ts';

/** The text of a file that an option names. */
export async function readOptionFile(
  option: OptionName,
  path: string,
  encoding: 'utf8' | 'latin1' = 'utf8',
): Promise<string> {
  return readFile(await optionFile(option, path), encoding);
}

/**
 * The path of a file that an option names, where it can be read.
 *
 * @throws MkbaseError `usage/unreadable-file`
 */
export async function optionFile(option: OptionName, path: string): Promise<string> {
  try {
    if ((await stat(path)).isDirectory()) throw new Error('it is a directory');
    await access(path, constants.R_OK);
    return path;
  } catch (cause) {
    throw new MkbaseError('usage/unreadable-file', `cannot read \`${path}\`: ${reasonFor(cause)}`, {
      hint: `\`--${option}\` takes the name of a file that this user can read`,
      cause,
    });
  }
}

function reasonFor(cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is none';
  return code === 'EACCES' ? 'permission denied' : reasonOf(cause);
}
