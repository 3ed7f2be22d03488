/**
 * Where packages are unpacked and configured. dpkg calls fsync for every file, which on a disk is half
 * of the time of a build, so it is a place that has nothing to synchronise: memory where the result
 * fits, which also lists directories in the same order on every host, else an overlay that ignores fsync,
 * else the disk as it is. Without scripts nobody calls it: then only a small base is worth its memory.
 */
import { mkdirSync, statfsSync } from 'node:fs';
import type { Mode } from '../job.ts';
import { availableMemory } from '../sandbox/available-memory.ts';
import { detach, mount } from '../sandbox/syscalls.ts';

export interface Workspace {
  /** `memory`: a tmpfs, to be copied out. In both other kinds the rootfs itself is written. */
  readonly kind: 'memory' | 'overlay' | 'disk';
  /** Where to write while the build runs. */
  readonly root: string;
  /** Unmounts it. */
  close(): void;
}

export interface WorkspaceOptions {
  readonly mode: Mode;
  readonly scripts: 'run' | 'skip';
  /** The staging directory. */
  readonly directory: string;
  /** The directory in it that becomes the result. */
  readonly rootfs: string;
  /** Bytes that the package files have in all. */
  readonly packed: number;
}

/** Unpacked, a base has about four times the bytes of its packages; scripts add caches. */
const GROWTH = 6;
const RESERVE = 128 * 2 ** 20;

/** The type of a file system that is memory itself, statfs(2). */
const TMPFS_MAGIC = 0x01021994;

/** Bytes of memory that a base may take where no script runs: some hundred packages do. */
const SMALL = 768 * 2 ** 20;

export function openWorkspace({ mode, scripts, directory, rootfs, packed }: WorkspaceOptions): Workspace {
  const disk: Workspace = { kind: 'disk', root: rootfs, close() {} };
  const needed = packed * GROWTH + RESERVE;
  if (mode === 'none' || mode === 'chroot' || (scripts === 'skip' && needed > SMALL)) return disk;
  if (statfsSync(rootfs).type === TMPFS_MAGIC) return disk;
  const root = `${directory}/merged`;
  mkdirSync(root, { mode: 0o755 });
  const available = availableMemory();
  const mounted =
    (needed < available / 2 && mountMemory(root, available)) ||
    mountOverlay({ root, directory, rootfs, mode });
  return mounted ? { kind: mounted, root, close: () => detach(root) } : disk;
}

function mountMemory(root: string, available: number): 'memory' | false {
  const size = Math.floor((available * 3) / 4);
  return tryMount(() => mount('tmpfs', root, { type: 'tmpfs', data: `mode=755,size=${size}` })) && 'memory';
}

/**
 * An overlay whose upper directory is the rootfs and whose lower one is empty, `volatile` (kernel 5.10;
 * in a user namespace 5.11): what is written through it lies in the rootfs as usual.
 */
function mountOverlay({
  root,
  directory,
  rootfs,
  mode,
}: Omit<WorkspaceOptions, 'packed' | 'scripts'> & { readonly root: string }): 'overlay' | false {
  // Commas and colons mean something in the option string: such a path is not worth escaping.
  if (/[,:\\]/.test(directory)) return false;
  for (const name of ['lower', 'work']) mkdirSync(`${directory}/${name}`, { mode: 0o755 });
  const data = [
    `lowerdir=${directory}/lower,upperdir=${rootfs},workdir=${directory}/work,volatile`,
    ...(mode === 'unshare' ? ['userxattr'] : []),
  ].join(',');
  return tryMount(() => mount('overlay', root, { type: 'overlay', data })) && 'overlay';
}

/** A kernel that does not know a file system or an option of it says so in many ways. */
function tryMount(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}
