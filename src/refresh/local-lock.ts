/** Keeps two refreshes of one list apart on one machine. Elsewhere a second one is waste and no harm. */
import { createHash } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MkbaseError } from '../errors.ts';
import { fateOf, ownMark, pidOf, unfinishedName } from '../unfinished.ts';

/**
 * Runs `work` while no other process does so for the same name.
 *
 * @throws MkbaseError `busy/refresh-running`
 */
export async function whileLocked<Result>(
  name: string,
  directory: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const file = join(
    directory,
    `refresh-${createHash('sha256').update(name).digest('hex').slice(0, 16)}.lock`,
  );
  await mkdir(directory, { recursive: true });
  await take(file, name);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function take(file: string, name: string): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await placed(file)) return;
    const holder = await readFile(file, 'utf8').catch(() => '');
    if (fateOf(holder) === 'alive') throw busy(name, pidOf(holder));
    // Left behind by one that was killed, or held by one elsewhere.
    await rm(file, { force: true });
  }
  throw busy(name, null);
}

/** A link puts the file there with its content, or not at all. */
async function placed(file: string): Promise<boolean> {
  const beside = unfinishedName(file);
  await writeFile(beside, ownMark());
  try {
    await link(beside, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(beside, { force: true });
  }
}

function busy(name: string, pid: number | null): MkbaseError {
  const who = pid === null ? '' : ` by process ${pid}`;
  return new MkbaseError('busy/refresh-running', `\`${name}\` is being refreshed${who}`, {
    hint: 'wait for its end; schedules of different machines need not be kept apart',
  });
}
