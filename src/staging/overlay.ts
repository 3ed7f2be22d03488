import { mkdirSync } from 'node:fs';
import type { Mode } from '../job.ts';
import { mount } from '../sandbox/syscalls.ts';

/**
 * Mounts an overlay whose upper directory is the rootfs and whose lower one is empty, as a place where
 * nothing is ever synchronised to disk (`volatile`, kernel 5.10; in a user namespace 5.11): dpkg calls
 * fsync for every file, which would be half of the time. What is written through it lies in the rootfs
 * as usual.
 *
 * @returns where to write: the overlay, or the rootfs itself where the system has no such overlay
 */
export function mountVolatile(directory: string, rootfs: string, mode: Mode): string {
  if (mode === 'none') return rootfs;
  const [lower, work, merged] = ['lower', 'work', 'merged'].map((name) => `${directory}/${name}`) as [
    string,
    string,
    string,
  ];
  for (const path of [lower, work, merged]) mkdirSync(path);
  const options = [`lowerdir=${lower}`, `upperdir=${rootfs}`, `workdir=${work}`, 'volatile'];
  if (mode === 'unshare') options.push('userxattr');
  // Commas and colons mean something in the option string: such a path is not worth escaping.
  if (/[,:\\]/.test(directory)) return rootfs;
  try {
    mount('overlay', merged, { type: 'overlay', data: options.join(',') });
    return merged;
  } catch {
    return rootfs;
  }
}
