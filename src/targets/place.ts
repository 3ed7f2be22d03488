/** Checks of a place on disk before anything is written there. Nothing is created. */
import { constants, type Stats } from 'node:fs';
import { access, lstat, readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MkbaseError } from '../errors.ts';

/** An existing directory that a base may fill. */
export async function checkDirectory(path: string): Promise<void> {
  if (path === '/') {
    throw new MkbaseError('target/root', 'cannot make a base at `/`: it is this system', {
      hint: 'name a directory that does not exist yet',
    });
  }
  await checkWritable(path, path);
  // lost+found is what an empty file system holds: TARGET may be a mount point.
  const names = (await readdir(path)).filter((name) => name !== 'lost+found');
  if (names.length > 0) {
    throw new MkbaseError(
      'target/not-empty',
      `cannot make a base at \`${path}\`: the directory is not empty`,
      {
        hint: `remove it (\`mkbase rm ${path}\` if it is a base), or name another TARGET`,
      },
    );
  }
}

/** Parents that are missing are made later; the first that exists must be a directory one may write to. */
export async function checkParent(path: string): Promise<void> {
  let parent = dirname(path);
  let existing = await statOrNull(parent);
  while (existing === null && parent !== '/') {
    parent = dirname(parent);
    existing = await statOrNull(parent);
  }
  if (existing !== null && !existing.isDirectory()) {
    throw new MkbaseError(
      'target/no-directory',
      `cannot write \`${path}\`: \`${parent}\` is not a directory`,
      {
        hint: 'name a TARGET in a directory',
      },
    );
  }
  await checkWritable(parent, path);
}

async function checkWritable(directory: string, target: string): Promise<void> {
  try {
    await access(directory, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new MkbaseError(
      'target/not-writable',
      `cannot write \`${target}\`: no permission in \`${directory}\``,
      {
        hint: 'name a TARGET in a directory of your own',
        cause,
      },
    );
  }
}

/** Null where nothing is; a link to nowhere is something. */
export async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return danglingLink(path);
    if (code === 'ENOTDIR') return null;
    throw new MkbaseError('target/not-readable', `cannot look at \`${path}\`: ${code ?? String(error)}`, {
      hint: 'name a TARGET in a directory of your own',
      cause: error,
    });
  }
}

/** A symlink to nowhere exists: a file made through it would have another name than the target's. */
async function danglingLink(path: string): Promise<Stats | null> {
  return lstat(path).catch(() => null);
}
