import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface OrdinaryUser {
  readonly name: string;
  readonly home: string;
  /** The program where the user may read it. */
  readonly main: string;
  /** The words before a command that the user runs. */
  readonly as: readonly string[];
  remove(): void;
}

/** A new user with subordinate ids, and a copy of the program in `folder`, as nobody may read this checkout. */
export async function makeOrdinaryUser(folder: string): Promise<OrdinaryUser> {
  const program = join(folder, 'program');
  const root = fileURLToPath(new URL('../..', import.meta.url));
  for (const part of ['dist', 'recipes', 'docs', 'package.json', 'node_modules']) {
    await cp(join(root, part), join(program, part), { recursive: true, dereference: true });
  }
  // Several runs may be on one machine.
  const name = `mkbase-test-${randomBytes(4).toString('hex')}`;
  execFileSync('useradd', ['--create-home', name], { stdio: 'ignore' });
  const home = `/home/${name}`;
  return {
    name,
    home,
    main: join(program, 'dist/bundles/mkbase.cjs'),
    as: [
      'setpriv',
      '--reuid',
      name,
      '--regid',
      name,
      '--clear-groups',
      'env',
      '-u',
      'XDG_CACHE_HOME',
      '-u',
      'XDG_STATE_HOME',
      `HOME=${home}`,
    ],
    remove: () => execFileSync('userdel', ['--remove', name], { stdio: 'ignore' }),
  };
}
