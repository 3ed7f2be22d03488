import type { Entry, Tree } from '../../../rootfs/tree.ts';

/**
 * The directories that `apk --initdb` makes before any package: a package that has them finds them there. Without the
 * device nodes, and without `lib`, which is a link where /usr is merged: the database's folder is made at the end.
 */
const DIRECTORIES: readonly (readonly [path: string, mode: number])[] = [
  ['dev', 0o755],
  ['etc', 0o755],
  ['etc/apk', 0o755],
  ['proc', 0o555],
  ['tmp', 0o1777],
  ['var', 0o755],
  ['var/cache', 0o755],
  ['var/cache/apk', 0o755],
  ['var/cache/misc', 0o755],
];

export function startTree(mtime: number): Tree {
  return new Map<string, Entry>(
    DIRECTORIES.map(([path, mode]) => [path, { type: 'dir', mode, uid: 0, gid: 0, mtime }]),
  );
}
