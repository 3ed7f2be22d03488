import type { Entry, Tree } from '../../../rootfs/tree.ts';

/** The nodes and links that debootstrap(8) and mmdebstrap(1) put into `/dev`. */
const NODES: readonly (readonly [name: string, major: number, minor: number])[] = [
  ['console', 5, 1],
  ['full', 1, 7],
  ['null', 1, 3],
  ['ptmx', 5, 2],
  ['random', 1, 8],
  ['tty', 5, 0],
  ['urandom', 1, 9],
  ['zero', 1, 5],
];
const LINKS = {
  fd: '/proc/self/fd',
  stdin: '/proc/self/fd/0',
  stdout: '/proc/self/fd/1',
  stderr: '/proc/self/fd/2',
};
const DIRECTORIES = ['pts', 'shm'];

/** `/dev` as a Tree has it, whoever could make it on disk. */
export function deviceNodes(mtime: number): Tree {
  const meta = { uid: 0, gid: 0, mtime };
  return new Map<string, Entry>([
    ...DIRECTORIES.map((name) => [`dev/${name}`, { ...meta, mode: 0o755, type: 'dir' }] as const),
    ...NODES.map(
      ([name, major, minor]) =>
        [`dev/${name}`, { ...meta, mode: 0o666, type: 'char', major, minor }] as const,
    ),
    ...Object.entries(LINKS).map(
      ([name, target]) => [`dev/${name}`, { ...meta, mode: 0o777, type: 'symlink', target }] as const,
    ),
  ]);
}
