/** Puts entries of a Tree into a root filesystem, for a worker thread that does nothing else. */
import { fchmodSync, fchownSync, futimesSync, writeSync } from 'node:fs';
import { piecesOf } from '../formats/pieces.ts';
import { type Root, timestamp } from './root.ts';
import type { Entry, EntryMeta } from './tree.ts';

/** Whole, or in pieces. */
type Content = Uint8Array | Iterable<Uint8Array>;

export interface Writer {
  /** Makes a file where nothing is. */
  file(path: string, meta: EntryMeta, content: Content): void;
  /** Writes a file in the place of what is there. */
  replaceFile(path: string, meta: EntryMeta, content: Content): void;
  /** Makes anything but a regular file; an existing entry, other than a directory, is replaced. */
  other(path: string, entry: Entry): void;
  /** Removes a file, a link or an empty directory. */
  remove(path: string): void;
  /** Owner, mode and time of a directory: when all is in it, as every file in it changes its time. */
  finishDirectory(path: string, meta: EntryMeta): void;
}

export interface WriterOptions {
  readonly root: Root;
  /** Whether owners, device nodes and privileged attributes can be set; else they are left to the Tree. */
  readonly owners: boolean;
  /** Reported of each device node that the system did not allow. */
  readonly refusedNode: (path: string) => void;
}

export function createWriter({ root, owners, refusedNode }: WriterOptions): Writer {
  return { file, replaceFile, other, remove, finishDirectory };

  function file(path: string, { mode, uid, gid, mtime, xattrs }: EntryMeta, content: Content): void {
    root.makeFile(path, mode, (fd) => {
      for (const piece of content instanceof Uint8Array ? piecesOf(content) : content) writeWhole(fd, piece);
      if (owners && (uid !== 0 || gid !== 0)) fchownSync(fd, uid, gid);
      // A change of owner clears setuid and setgid: the mode comes after it.
      if ((mode & 0o7000) !== 0) fchmodSync(fd, mode);
      futimesSync(fd, timestamp(mtime), timestamp(mtime));
    });
    setXattrs(path, xattrs);
  }

  function replaceFile(path: string, meta: EntryMeta, content: Content): void {
    root.unlink(path);
    file(path, meta, content);
  }

  function other(path: string, entry: Entry): void {
    if (entry.type === 'dir') root.makeDirectory(path);
    else if (entry.type !== 'file') {
      root.unlink(path);
      if (entry.type === 'symlink') link(path, entry.target, entry);
      else if (entry.type === 'hardlink') root.makeHardlink(path, entry.target);
      else node(path, entry);
    }
  }

  function remove(path: string): void {
    if (root.stat(path)?.isDirectory()) root.removeDirectory(path);
    else root.unlink(path);
  }

  function link(path: string, target: string, { uid, gid, mtime, xattrs }: EntryMeta): void {
    root.makeLink(path, target);
    if (owners && (uid !== 0 || gid !== 0)) root.setOwner(path, uid, gid);
    root.setTime(path, mtime);
    setXattrs(path, xattrs);
  }

  function node(path: string, entry: Entry & { type: 'char' | 'block' | 'fifo' }): void {
    const [major, minor] = entry.type === 'fifo' ? [0, 0] : [entry.major, entry.minor];
    try {
      root.makeNode(path, { type: entry.type, mode: entry.mode, major, minor });
    } catch (error) {
      if (!['EPERM', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      refusedNode(path);
      return;
    }
    if (owners) root.setOwner(path, entry.uid, entry.gid);
    root.setMode(path, entry.mode);
    root.setTime(path, entry.mtime);
  }

  function finishDirectory(path: string, { mode, uid, gid, mtime, xattrs }: EntryMeta): void {
    // It may have been there with another owner.
    if (owners) root.setOwner(path, uid, gid);
    root.setMode(path, owners ? mode : mode | 0o700);
    setXattrs(path, xattrs);
    root.setTime(path, mtime);
  }

  function setXattrs(path: string, xattrs: Readonly<Record<string, string>> | undefined): void {
    if (xattrs === undefined || !owners) return;
    for (const [name, value] of Object.entries(xattrs)) {
      try {
        root.setXattr(path, name, value);
      } catch (error) {
        // A file system without such attributes: whoever else unpacks there goes on without them, too.
        if ((error as NodeJS.ErrnoException).code !== 'ENOTSUP') throw error;
      }
    }
  }
}

function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}
