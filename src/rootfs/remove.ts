import { lstat, readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MkbaseError } from '../errors.ts';

export interface RemoveOptions {
  /** Does the removal; a user's comes from the sandbox, where the subuids of the files are their own. */
  readonly remove?: (path: string) => Promise<void>;
}

/** One of these is in every base that a package manager has set up. */
const MARKS = ['var/lib/dpkg', 'usr/lib/os-release', 'etc/os-release'];

/**
 * Removes a root filesystem. Anything else is refused: `/`, a symlink, a directory
 * without a package database, and one with a mount on or in it, because the mount may
 * be the host's own.
 */
export async function removeTree(path: string, { remove = removeHere }: RemoveOptions = {}): Promise<void> {
  const directory = await checkedDirectory(path);
  const mounted = mountsWithin(await readFile('/proc/self/mountinfo', 'latin1'), directory);
  if (mounted.length > 0) {
    throw new MkbaseError('target/mounted', `cannot remove \`${path}\`: \`${mounted[0]}\` is a mount point`, {
      hint: `unmount it first: \`umount ${mounted.at(-1)}\``,
      details: mounted,
    });
  }
  if (!(await isRootfs(directory))) {
    throw new MkbaseError('target/not-a-rootfs', `cannot remove \`${path}\`: it does not look like a base`, {
      hint: `a base has one of ${MARKS.join(', ')}; remove anything else with \`rm -r\``,
    });
  }
  await remove(directory);
}

async function checkedDirectory(path: string): Promise<string> {
  const found = await lstat(path).catch(() => null);
  if (found === null) {
    throw new MkbaseError('target/missing', `cannot remove \`${path}\`: there is nothing`, {
      hint: 'name the directory of a base',
    });
  }
  if (!found.isDirectory()) {
    throw new MkbaseError('target/no-directory', `cannot remove \`${path}\`: it is not a directory`, {
      hint: 'remove files and links with `rm`',
    });
  }
  const directory = await realpath(path);
  if (directory === '/') {
    throw new MkbaseError('target/root', 'cannot remove `/`: it is this system', {
      hint: 'name the directory of a base',
    });
  }
  return directory;
}

/** Mount points at or below `directory`, outermost first, from the text of proc_pid_mountinfo(5). */
export function mountsWithin(mountinfo: string, directory: string): string[] {
  const points = mountinfo.split('\n').flatMap((line) => line.split(' ')[4] ?? []);
  const within = points.map(unescaped).filter((point) => `${point}/`.startsWith(`${directory}/`));
  return [...new Set(within)].sort();
}

/** Space, tab, newline and backslash stand there as three octal digits. */
function unescaped(field: string): string {
  const bytes = field.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

async function isRootfs(directory: string): Promise<boolean> {
  const marks = await Promise.all(MARKS.map((mark) => lstat(join(directory, mark)).catch(() => null)));
  return marks.some((mark) => mark !== null);
}

/** Removes a tree as the user that this program runs as. */
export async function removeHere(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true });
  } catch (cause) {
    const { code, path } = cause as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw cause;
    throw new MkbaseError(
      'target/not-permitted',
      `cannot remove \`${path ?? directory}\`: it is another user's`,
      {
        hint: 'run this as the user who made the base, or as root',
        cause,
      },
    );
  }
}
