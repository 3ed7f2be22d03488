import { readdir, readFile } from 'node:fs/promises';

/** Processes that have `mark` in their environment, and mounts of the host below `folder`. */
export async function straysOf(mark: string, folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (environment.split('\0').includes(mark))
      found.push(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => pid));
  }
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return [...found, ...mounts.filter((line) => line.includes(folder))];
}
