/** Makes files outlive a loss of power: forces the data to the disk, then the folders that lead to its name. */
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface Durability {
  /** Whether to force it, which waits for the disk; default true. */
  readonly fsync?: boolean;
}

/** Forces the names in a folder to the disk, fsync(2); without effect on a file system that has no such thing. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!WITHOUT.has((error as NodeJS.ErrnoException).code)) throw error;
  }
}

/** How file systems say that a folder cannot be synchronised; EACCES: it may be written to but not read. */
const WITHOUT = new Set<string | undefined>(['EINVAL', 'ENOTSUP', 'ENOSYS', 'EACCES', 'EPERM']);

/**
 * Forces to the disk what leads to a new name in `folder`: its names, and where folders had to be made for it,
 * the first being `firstMade`, those of each folder above them.
 */
export async function syncFoldersTo(folder: string, firstMade: string | undefined): Promise<void> {
  await syncFolder(folder);
  if (firstMade === undefined) return;
  for (let at = folder; at.startsWith(firstMade); at = dirname(at)) await syncFolder(dirname(at));
}

/** Makes a folder and those above it that are missing; gives the first of them, or undefined. */
export async function makeFolder(path: string, { fsync = true }: Durability): Promise<string | undefined> {
  const firstMade = await mkdir(path, { recursive: true });
  if (fsync && firstMade !== undefined) await syncFoldersTo(path, firstMade);
  return firstMade;
}
