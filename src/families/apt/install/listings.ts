import { MkbaseError } from '../../../errors.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';

/**
 * Directories that a script reads in the order in which the file system lists them, and writes what it
 * read in that order. Many packages are unpacked into them at once.
 */
const UNSORTED = ['/var/lib/ghc/package.conf.d'];

const FILL_ANEW = `set -e
cd "$1"
mkdir ../.mkbase
mv -- * ../.mkbase
cd ../.mkbase
mv -- * "$1"
rmdir ../.mkbase`;

/**
 * Fills such directories anew, by name: file systems that list in the order of what was made first, or
 * last, then list the same whichever package was quicker.
 *
 * @throws MkbaseError `script/listing`
 */
export async function settleListings(sandbox: Pick<Sandbox, 'list' | 'run'>): Promise<void> {
  for (const directory of UNSORTED) {
    if ((await sandbox.list(directory)).length < 2) continue;
    const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };
    const status = await sandbox.run({ argv: ['sh', '-c', FILL_ANEW, 'sh', directory], env });
    if (status !== 0) throw notFilled(directory, status);
  }
}

function notFilled(directory: string, status: number): MkbaseError {
  return new MkbaseError(
    'script/listing',
    `cannot put \`${directory}\` of the base in order (status ${status})`,
    {
      hint: 'see whether there is room on the disk, and what a script has put there',
    },
  );
}
