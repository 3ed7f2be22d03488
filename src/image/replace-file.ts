import { createWriteStream } from 'node:fs';
import { mkdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { findUnfinished, unfinishedName } from '../unfinished.ts';

/**
 * Writes a file, with its directories, so that at every moment its name leads to the old or to the new one.
 * A link stays one, and into what is no file (`/dev/stdout`) is simply written.
 */
export async function replaceFile(
  named: string,
  content: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<void> {
  const found = await stat(named).catch(() => null);
  if (found?.isFile() === false) return pipeline(Readable.from(content), createWriteStream(named));
  const path = found === null ? named : await realpath(named);
  const beside = join(dirname(path), unfinishedName(basename(path)));
  await mkdir(dirname(path), { recursive: true });
  await sweep(dirname(path));
  try {
    await pipeline(Readable.from(content), createWriteStream(beside, { flags: 'wx' }));
    await rename(beside, path);
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
