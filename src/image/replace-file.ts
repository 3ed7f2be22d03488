import { createWriteStream } from 'node:fs';
import { realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Durability, makeFolder, syncFolder } from '../durable.ts';
import { findUnfinished, unfinishedName } from '../unfinished.ts';

/**
 * Writes a file, with its directories, so that its name always leads to the old or to the new content,
 * also after a loss of power: the data is on the disk before the rename, and the name before this returns. A link
 * stays a link; a target that is not a regular file (`/dev/stdout`) is written directly.
 */
export async function replaceFile(
  named: string,
  content: Iterable<Buffer> | AsyncIterable<Buffer>,
  { fsync = true }: Durability = {},
): Promise<void> {
  const found = await stat(named).catch(() => null);
  if (found?.isFile() === false) return pipeline(Readable.from(content), createWriteStream(named));
  const path = found === null ? named : await realpath(named);
  const beside = join(dirname(path), unfinishedName(basename(path)));
  await makeFolder(dirname(path), { fsync });
  await sweep(dirname(path));
  try {
    await pipeline(Readable.from(content), createWriteStream(beside, { flags: 'wx', flush: fsync }));
    await rename(beside, path);
    if (fsync) await syncFolder(dirname(path));
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** Removes files that killed runs have left. */
async function sweep(directory: string): Promise<void> {
  for (const { path, isAbandoned } of await findUnfinished(directory)) {
    // Directories stay: they may hold files of other owners, and the next build of their name removes them.
    if (isAbandoned) await rm(path, { force: true }).catch(() => {});
  }
}
