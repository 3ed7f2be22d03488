import { type FileView, followWith } from '../programs/file-view.ts';
import type { Tree } from './tree.ts';

/** The files of a Tree; `read` gives the content of a file by its path in the tree. */
export function treeView(tree: Tree, read: (path: string) => Buffer): FileView {
  let known: { readonly size: number; readonly paths: ReadonlySet<string> } = { size: 0, paths: new Set() };
  /** Folders that have no entry of their own. The tree grows while it is looked at. */
  const folders = () => {
    if (known.size !== tree.size) known = { size: tree.size, paths: foldersOf(tree.keys()) };
    return known.paths;
  };
  return {
    follow: followWith((path) => {
      const entry = tree.get(path.slice(1));
      if (entry === undefined) return folders().has(path.slice(1)) ? 'directory' : null;
      if (entry.type === 'symlink') return { target: entry.target };
      return entry.type === 'file' || entry.type === 'hardlink'
        ? 'file'
        : entry.type === 'dir'
          ? 'directory'
          : 'other';
    }),
    read: (real) => read(real.slice(1)),
    sizeOf(real) {
      const entry = tree.get(real.slice(1));
      const file = entry?.type === 'hardlink' ? tree.get(entry.target) : entry;
      return file?.type === 'file' ? file.size : 0;
    },
    list(path) {
      const folder = `${path.slice(1)}/`;
      return [...tree.keys()].flatMap((one) => {
        const name = one.startsWith(folder) ? one.slice(folder.length) : '';
        return name === '' || name.includes('/') ? [] : [name];
      });
    },
  };
}

function foldersOf(paths: Iterable<string>): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
      folders.add(path.slice(0, at));
  }
  return folders;
}
