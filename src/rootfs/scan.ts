/** Reads a Tree back from a directory. */
import { type Dirent, lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { getXattrs, removeXattr } from '../sandbox/syscalls.ts';
import { isOwnAttribute } from './attributes.ts';
import type { Entry, EntryMeta, Place, Tree } from './tree.ts';

export interface ScanOptions {
  /** Directories, as paths in the tree, of which only the directory itself is taken. */
  readonly closed?: ReadonlySet<string>;
  /** Told of each socket. */
  readonly onSocket?: (path: string) => void;
  /** Told of each path that the tree has as a file. */
  readonly onFile?: (path: string, stats: Stats) => void;
  /** How the system reaches a path of the tree; a directory with a slash at its end. */
  readonly at?: (path: string) => string;
}

/**
 * Every path below `root`, which no process may be changing. Of several names of one file the first in
 * byte order is the file, and the others are its hardlinks. Sockets are left out: tar has no type for
 * them.
 */
export function scanTree(root: string, options: ScanOptions = {}): Map<string, Entry> {
  const { closed, onSocket, onFile, at = (path) => (path === '' ? root : `${root}/${path}`) } = options;
  const tree = new Map<string, Entry>();
  const firstNames = new Map<string, string>();

  const visit = (path: string) => {
    const place = at(path);
    const stats = lstatSync(bytesOf(place));
    const entry = entryOf(path, place, stats);
    if (entry === null) {
      onSocket?.(path);
      return;
    }
    tree.set(path, entry);
    if (entry.type === 'file') onFile?.(path, stats);
    if (entry.type !== 'dir' || closed?.has(path)) return;
    const names = readdirSync(bytesOf(at(path === '' ? '' : `${path}/`)), 'latin1').sort();
    for (const name of names) visit(path === '' ? name : `${path}/${name}`);
  };

  const entryOf = (path: string, place: string, stats: Stats): Entry | null => {
    const meta = metaOf(stats, getXattrs(place));
    if (stats.isDirectory()) return { ...meta, type: 'dir' };
    if (stats.isSymbolicLink()) {
      return { ...meta, type: 'symlink', target: readlinkSync(bytesOf(place), 'latin1') };
    }
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
  return tree;
}

function bytesOf(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

/** The same without metadata, in a third of the time: directories know the types of what is in them. */
export function scanPlaces(root: string): Map<string, Place> {
  const places = new Map<string, Place>([['', { type: 'dir' }]]);
  const visit = (directory: string) => {
    const file = Buffer.from(`${root}/${directory}`, 'latin1');
    for (const item of readdirSync(file, { encoding: 'latin1', withFileTypes: true })) {
      const path = directory === '' ? item.name : `${directory}/${item.name}`;
      places.set(path, placeOf(item, Buffer.from(`${root}/${path}`, 'latin1')));
      if (item.isDirectory()) visit(path);
    }
  };
  visit('');
  return places;
}

function placeOf(item: Dirent, file: Buffer): Place {
  if (item.isDirectory()) return { type: 'dir' };
  if (item.isSymbolicLink()) return { type: 'symlink', target: readlinkSync(file, 'latin1') };
  return { type: 'file' };
}

const OVERLAY = /^(?:user|trusted)\.overlay\./;

/** Removes what an overlay has noted on its upper directory's own directories. */
export function stripOverlayXattrs(root: string, tree: Tree): void {
  for (const [path, { type }] of tree) {
    if (type !== 'dir') continue;
    const file = path === '' ? root : `${root}/${path}`;
    for (const name of Object.keys(getXattrs(file) ?? {})) if (OVERLAY.test(name)) removeXattr(file, name);
  }
}

function metaOf(stats: Stats, xattrs: Readonly<Record<string, string>> | undefined): EntryMeta {
  const own = xattrs && Object.entries(xattrs).filter(([name]) => isOwnAttribute(name));
  return {
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    mtime: Math.floor(stats.mtimeMs / 1000),
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
