/** The contents of an image that is made without a package manager, held in memory. */

import type { TarEntry } from '../formats/tar.ts';
import type { FileView } from '../programs/file-view.ts';
import { treeEntry } from '../rootfs/tar-entry.ts';
import type { Entry } from '../rootfs/tree.ts';
import { followInTree, normalizeEntryPath, resolveInTree } from '../rootfs/tree-path.ts';
import { treeView } from '../rootfs/tree-view.ts';

export interface Contents {
  /** Paths as in a Tree. */
  readonly tree: Map<string, Entry>;
  /** The contents of regular files. */
  readonly bodies: Map<string, Buffer>;
}

const ROOT = { uid: 0, gid: 0 };

export function emptyContents(): Contents {
  return { tree: new Map(), bodies: new Map() };
}

/** A file of root with mode 0644, over what is there; links in its path are followed. */
export function putFile({ tree, bodies }: Contents, path: string, content: string | Buffer): void {
  const body = Buffer.from(content);
  const place = resolveInTree(tree, path);
  tree.set(place, { type: 'file', mode: 0o644, ...ROOT, mtime: 0, size: body.length });
  bodies.set(place, body);
}

/** Links in its path are followed. */
export function putDirectory(
  { tree }: Contents,
  path: string,
  { mode, uid = 0, gid = 0 }: { readonly mode: number; readonly uid?: number; readonly gid?: number },
): void {
  tree.set(resolveInTree(tree, path), { type: 'dir', mode, uid, gid, mtime: 0 });
}

/** Directories of the root that merged /usr makes links. */
const MERGED = new Set(['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libo32', 'libx32']);

/**
 * Entries of a package, those that `wanted` takes; directories come with what is in them. With merged /usr,
 * whatever the package's own age, /bin and /lib are links.
 */
export function putPackaged(
  contents: Contents,
  entries: readonly TarEntry[],
  { wanted, mergesUsr }: { readonly wanted: (path: string) => boolean; readonly mergesUsr: boolean },
): void {
  for (const entry of entries) {
    const path = normalizeEntryPath(entry.path);
    if (path === '' || !wanted(path) || (mergesUsr && MERGED.has(path) && entry.type === 'dir')) continue;
    // Since trixie packages name the places below /usr, and programs and scripts those above.
    const [top = '', below] = path.replace(/^usr\//, '').split('/', 2);
    if (mergesUsr && MERGED.has(top) && below !== undefined) mergeUsr(contents, top);
    putEntry(contents, path, entry);
  }
}

/** Entries of an archive of local content, as packAdditions gives it: over what is there. */
export function putAdditions(contents: Contents, entries: readonly TarEntry[]): void {
  for (const entry of entries) {
    const path = normalizeEntryPath(entry.path);
    if (path === '' || (entry.type === 'dir' && isFolder(contents, path))) continue;
    putEntry(contents, path, entry);
  }
}

/** Whether a folder, or a link to one, is there: a file put below `/lib` then goes through the link, as for COPY. */
function isFolder(contents: Contents, path: string): boolean {
  const { tree } = contents;
  if (tree.get(followInTree(tree, path))?.type === 'dir') return true;
  const isLink = tree.get(resolveInTree(tree, path))?.type === 'symlink';
  return isLink && contentsView(contents).follow(`/${path}`)?.kind === 'directory';
}

/** `/lib` → `usr/lib`. */
function mergeUsr({ tree }: Contents, top: string): void {
  if (tree.has(top)) return;
  tree.set(`usr/${top}`, { type: 'dir', mode: 0o755, ...ROOT, mtime: 0 });
  tree.set(top, { type: 'symlink', target: `usr/${top}`, mode: 0o777, ...ROOT, mtime: 0 });
}

function putEntry({ tree, bodies }: Contents, path: string, entry: TarEntry): void {
  const place = resolveInTree(tree, path);
  const linked = (link: string) => resolveInTree(tree, normalizeEntryPath(link));
  tree.set(place, treeEntry(entry, linked));
  if (entry.type === 'file') bodies.set(place, entry.body);
}

/** Files that are held in memory. */
export function contentsView({ tree, bodies }: Contents): FileView {
  return treeView(tree, (path) => {
    const entry = tree.get(path);
    return bodies.get(entry?.type === 'hardlink' ? entry.target : path) ?? Buffer.alloc(0);
  });
}
