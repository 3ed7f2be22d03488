/** Reads a Tree back from a directory. */
import type { Dirent, Stats } from 'node:fs';
import { quoted } from '../errors.ts';
import { isOwnAttribute } from './attributes.ts';
import type { Root } from './root.ts';
import type { Entry, EntryMeta, Place, Tree } from './tree.ts';
import { joined } from './tree-path.ts';

export interface ScanOptions {
  /** The directory that paths of the tree begin at. The root is the default. */
  readonly start?: string;
  /** Directories, as paths in the tree, of which only the directory itself is taken. */
  readonly closed?: ReadonlySet<string>;
  /** Reported of each socket. */
  readonly onSocket?: (path: string) => void;
  /**
   * The order of what is in a directory: by name, or such that who makes it anew in this order has the same
   * listing. `exact` times have a fraction.
   */
  readonly order?: 'name' | ListingOrder;
  readonly times?: 'seconds' | 'exact';
  /** Reported of each path that the tree has as a file. */
  readonly onFile?: (path: string, stats: Stats) => void;
}

/** How a file system lists a directory, by when things were made in it. */
export type ListingOrder = 'oldest-first' | 'newest-first';

/**
 * Every path of a root, which no process may be changing. The first of several names of one file is the
 * file, in the order of paths, and the others are its hardlinks. Sockets are left out: tar has no type for
 * them.
 */
export function scanTree(
  root: Root,
  { start = '', closed, order = 'name', times = 'seconds', onSocket, onFile }: ScanOptions = {},
): Map<string, Entry> {
  const tree = new Map<string, Entry>();
  const firstNames = new Map<string, string>();

  const visit = (path: string) => {
    const place = joined(start, path);
    const stats = root.stat(place);
    if (stats === undefined) throw goneMeanwhile(place);
    const entry = entryOf(path, place, stats);
    if (entry === null) {
      onSocket?.(path);
      return;
    }
    tree.set(path, entry);
    if (entry.type === 'file') onFile?.(path, stats);
    if (entry.type !== 'dir' || closed?.has(path)) return;
    for (const name of namesIn(root, place, order)) visit(joined(path, name));
  };

  const entryOf = (path: string, place: string, stats: Stats): Entry | null => {
    const meta = metaOf(stats, root.xattrs(place), times);
    if (stats.isDirectory()) return { ...meta, type: 'dir' };
    if (stats.isSymbolicLink()) return { ...meta, type: 'symlink', target: root.readLink(place) };
    if (stats.nlink > 1) {
      const identity = `${stats.dev}:${stats.ino}`;
      const first = firstNames.get(identity);
      if (first !== undefined) return { ...meta, type: 'hardlink', target: first };
      firstNames.set(identity, path);
    }
    if (stats.isFile()) return { ...meta, type: 'file', size: stats.size };
    if (stats.isFIFO()) return { ...meta, type: 'fifo' };
    if (stats.isSocket()) return null;
    return { ...meta, type: stats.isBlockDevice() ? 'block' : 'char', ...deviceNumbers(stats.rdev) };
  };

  visit('');
  root.release();
  return tree;
}

/** The same without metadata, in a third of the time: directories know the types of what is in them. */
export function scanPlaces(root: Root): Map<string, Place> {
  const places = new Map<string, Place>([['', { type: 'dir' }]]);
  const visit = (directory: string) => {
    for (const item of root.list(directory)) {
      const path = joined(directory, item.name);
      places.set(path, placeOf(item, path, root));
      if (item.isDirectory()) visit(path);
    }
  };
  visit('');
  root.release();
  return places;
}

function placeOf(item: Dirent, path: string, root: Root): Place {
  if (item.isDirectory()) return { type: 'dir' };
  return item.isSymbolicLink() ? { type: 'symlink', target: root.readLink(path) } : { type: 'file' };
}

const OVERLAY = /^(?:user|trusted)\.overlay\./;

/** Removes what an overlay has noted on its upper directory's own directories. */
export function stripOverlayXattrs(root: Root, tree: Tree): void {
  for (const [path, { type }] of tree) {
    if (type !== 'dir') continue;
    for (const name of Object.keys(root.xattrs(path) ?? {})) {
      if (OVERLAY.test(name)) root.removeXattr(path, name);
    }
  }
  root.release();
}

function goneMeanwhile(path: string): Error {
  const file = `/${path}`;
  return Object.assign(new Error(`ENOENT: lstat ${quoted(file)}`), { code: 'ENOENT', path: file });
}

function namesIn(root: Root, directory: string, order: 'name' | ListingOrder): readonly string[] {
  if (order === 'oldest-first') return root.listing(directory);
  if (order === 'newest-first') return root.listing(directory).reverse();
  return root
    .list(directory)
    .map(({ name }) => name)
    .sort();
}

function metaOf(
  stats: Stats,
  xattrs: Readonly<Record<string, string>> | undefined,
  times: 'seconds' | 'exact',
): EntryMeta {
  const own = xattrs && Object.entries(xattrs).filter(([name]) => isOwnAttribute(name));
  return {
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    mtime: times === 'exact' ? stats.mtimeMs / 1000 : Math.floor(stats.mtimeMs / 1000),
    ...(own !== undefined && own.length > 0 ? { xattrs: Object.fromEntries(own) } : {}),
  };
}

/** makedev(3), the other way round. */
function deviceNumbers(device: number): { major: number; minor: number } {
  const bits = BigInt(device);
  return {
    major: Number(((bits >> 8n) & 0xfffn) | ((bits >> 32n) & ~0xfffn)),
    minor: Number((bits & 0xffn) | ((bits >> 12n) & ~0xffn)),
  };
}
