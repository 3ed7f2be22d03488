/** Keeps two refreshes of one list apart on one machine. Elsewhere a second one is waste and no harm. */
import { createHash } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MkbaseError } from '../errors.ts';

/** The process that holds it, told apart from a later one of the same number. */
interface Holder {
  readonly pid: number;
  /** Clock ticks since the machine started, proc_pid_stat(5), field 22. */
  readonly started: string;
}

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
  const own: Holder = { pid: process.pid, started: (await startOf(process.pid)) ?? '' };
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await placed(file, JSON.stringify(own))) return;
    const holder = await holderOf(file);
    if (holder !== null && (await startOf(holder.pid)) === holder.started) throw busy(name, holder);
    // Left behind by one that was killed.
    await rm(file, { force: true });
  }
  throw busy(name, null);
}

/** A link puts the file there with its content, or not at all. */
async function placed(file: string, content: string): Promise<boolean> {
  const beside = `${file}.${process.pid}`;
  await writeFile(beside, content);
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

async function holderOf(file: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch {
    return null;
  }
}

/** Null where there is no such process. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => null);
  // The second field is the program's name, which may hold spaces and brackets.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function busy(name: string, holder: Holder | null): MkbaseError {
  const who = holder === null ? '' : ` by process ${holder.pid}`;
  return new MkbaseError('busy/refresh-running', `\`${name}\` is being refreshed${who}`, {
    hint: 'wait for its end; schedules of different machines need not be kept apart',
  });
}
