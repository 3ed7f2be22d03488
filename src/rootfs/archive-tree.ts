/** Root filesystems that come as a tar, of whomever: nothing of them is put onto a disk. */
import { MkbaseError, quoted } from '../errors.ts';
import type { TarItem } from '../formats/tar.ts';
import type { TarContent } from '../formats/tar-source.ts';
import { treeEntry } from './tar-entry.ts';
import type { Entry } from './tree.ts';
import { parentOf, resolveInTree } from './tree-path.ts';

export interface ArchiveTree {
  readonly tree: Map<string, Entry>;
  /** Where the contents of files are, by each of their paths. */
  readonly contents: ReadonlyMap<string, TarContent>;
}

/**
 * What would be there after the tar was unpacked into an empty directory: of entries with the same path
 * the last one counts, and paths that lead through links stay inside.
 *
 * @throws MkbaseError `image/bad-rootfs` for paths that leave the root, links to nothing and entries below
 *   files
 */
export function treeOfArchive(items: Iterable<TarItem<TarContent>>): ArchiveTree {
  // Names of one file share an entry here, whatever becomes of the others.
  const found = new Map<string, Entry>();
  const places = new Map<Entry, TarContent>();
  for (const item of items) {
    const path = place(found, item.path);
    const before = found.get(path);
    if (item.type === 'dir') {
      // A directory over another one only changes its meta data.
      found.set(path, treeEntry(item));
      continue;
    }
    if (path === '') throw badRootfs(item.path, 'it is the root, and no directory');
    if (item.type === 'hardlink') {
      const target = found.get(place(found, item.link));
      if (target === undefined || target.type === 'dir')
        throw badRootfs(item.path, 'it is a hardlink to no file');
      if (target !== before) replace(found, path, target);
      continue;
    }
    const entry = treeEntry(item);
    replace(found, path, entry);
    places.set(entry, item.body);
  }
  return withHardlinks(found, places);
}

/** Where an entry goes: its directories are no links, and are there or are to be made. */
function place(tree: Map<string, Entry>, path: string): string {
  if (path.startsWith('/')) throw badRootfs(path, 'its path is absolute');
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw badRootfs(path, 'its path leads upwards');
  const resolved = followed(tree, parts.join('/'));
  for (let above = parentOf(resolved); above !== ''; above = parentOf(above)) {
    const entry = tree.get(above);
    if (entry?.type === 'dir') break;
    if (entry !== undefined) throw badRootfs(path, `${quoted(above)} is no directory`);
  }
  return resolved;
}

function followed(tree: Map<string, Entry>, path: string): string {
  try {
    return resolveInTree(tree, path);
  } catch (error) {
    if (!(error instanceof MkbaseError)) throw error;
    const isLoop = error.code === 'package/link-loop';
    throw badRootfs(path, isLoop ? 'it goes through a loop of links' : 'it lies below what is no directory');
  }
}

/** What is there goes, with all in it where it is a directory. */
function replace(tree: Map<string, Entry>, path: string, entry: Entry): void {
  if (tree.get(path)?.type === 'dir') {
    for (const below of [...tree.keys()]) if (below.startsWith(`${path}/`)) tree.delete(below);
  }
  tree.set(path, entry);
}

/** The first of a file's names in byte order is the file. */
function withHardlinks(
  found: ReadonlyMap<string, Entry>,
  places: ReadonlyMap<Entry, TarContent>,
): ArchiveTree {
  const firstNames = new Map<Entry, string>();
  const tree = new Map<string, Entry>();
  const contents = new Map<string, TarContent>();
  for (const path of [...found.keys()].sort()) {
    const entry = found.get(path)!;
    const first = firstNames.get(entry);
    if (first === undefined) firstNames.set(entry, path);
    tree.set(path, first === undefined ? entry : linkTo(first, entry));
    const content = places.get(entry);
    if (content !== undefined) contents.set(path, content);
  }
  return { tree, contents };
}

function linkTo(target: string, { mode, uid, gid, mtime, xattrs }: Entry): Entry {
  return { mode, uid, gid, mtime, ...(xattrs && { xattrs }), type: 'hardlink', target };
}

function badRootfs(path: string, reason: string): MkbaseError {
  return new MkbaseError('image/bad-rootfs', `the entry ${quoted(path)} cannot be taken: ${reason}`, {
    hint: 'make the tar inside of the root filesystem, as in `tar -C DIR -c .`',
  });
}
