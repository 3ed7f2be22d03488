import { createWriteStream } from 'node:fs';
import { access, mkdir, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Milliseconds after which no run is still writing to a file. */
const ABANDONED = 24 * 3600 * 1000;

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
  const beside = `${path}.mkbase-${process.pid}`;
  await mkdir(dirname(path), { recursive: true });
  await sweep(path);
  try {
    await pipeline(Readable.from(content), createWriteStream(beside));
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** Whether a name is that of a file that is, or was, being written. */
export function isUnfinished(name: string): boolean {
  return UNFINISHED.test(name);
}

const UNFINISHED = /^(.+)\.mkbase-(\d+)$/s;

/**
 * Removes what killed runs have left of this file. What they left of others is removed after a day: another
 * container, whose processes cannot be seen from here, may be writing them.
 */
async function sweep(path: string): Promise<void> {
  const directory = dirname(path);
  for (const name of await readdir(directory)) {
    const [, of, pid] = UNFINISHED.exec(name) ?? [];
    if (of === undefined) continue;
    const left = join(directory, name);
    const found = await stat(left).catch(() => null);
    if (found?.isFile() !== true) continue;
    const isDead = of === basename(path) && !(await isRunning(pid!));
    if (isDead || Date.now() - found.mtimeMs > ABANDONED) await rm(left, { force: true });
  }
}

function isRunning(pid: string): Promise<boolean> {
  return access(`/proc/${pid}`).then(
    () => true,
    () => false,
  );
}
