/** The applets of busybox as links, where its own scripts did not make them. */
import type { Entry, Tree } from '../../rootfs/tree.ts';
import { resolveInTree } from '../../rootfs/tree-path.ts';

/** Where busybox of Alpine 3.18 and later names its applets: a file for each of its programs in `/bin`. */
export const PATHS_FOLDER = 'etc/busybox-paths.d';

/**
 * Links to `program` at each path of a list, a path a line without the leading slash, where nothing is:
 * what `busybox --install -s` does, and how Alpine's own minirootfs is made. Directories come before what
 * is in them.
 */
export function appletLinks(
  tree: Tree,
  program: string,
  list: string,
  mtime: number,
): readonly (readonly [string, Entry])[] {
  const made = new Map<string, Entry>();
  const meta = { uid: 0, gid: 0, mtime };
  for (const line of list.split('\n')) {
    if (line === '') continue;
    const path = resolveInTree(tree, line);
    if (tree.has(path) || made.has(path)) continue;
    for (const parent of parentsOf(path)) {
      if (!tree.has(parent)) made.set(parent, { ...meta, type: 'dir', mode: 0o755 });
    }
    made.set(path, { ...meta, type: 'symlink', mode: 0o777, target: program });
  }
  return [...made];
}

function parentsOf(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
