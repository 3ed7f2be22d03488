/**
 * Puts entries of a Tree onto a disk. All calls are synchronous, for a worker thread that does nothing
 * else; paths are relative to `base`, a directory with a slash at its end.
 */
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { makeNode, setXattr } from '../sandbox/syscalls.ts';
import type { Entry, EntryMeta } from './tree.ts';
import { parentOf } from './tree-path.ts';

export interface Writer {
  file(path: string, meta: EntryMeta, content: Uint8Array): void;
  /** Writes a file beside `path`; `settle` of the same path puts it in the place of what is there. */
  fileBeside(path: string, meta: EntryMeta, content: Uint8Array): void;
  settle(path: string): void;
  /** Writes a file in the place of what is there. */
  replaceFile(path: string, meta: EntryMeta, content: Uint8Array): void;
  /** Makes anything but a regular file; what is there, other than a directory, is replaced. */
  other(path: string, entry: Entry): void;
  /** Removes a file, a link or an empty directory. */
  remove(path: string): void;
  /** Owner, mode and time of a directory: when all is in it, as every file in it changes its time. */
  finishDirectory(path: string, meta: EntryMeta): void;
}

export interface WriterOptions {
  readonly base: string;
  /** Whether owners, device nodes and privileged attributes can be set; else they are left to the Tree. */
  readonly owners: boolean;
  /** Told of each device node that the system did not allow. */
  readonly refusedNode: (path: string) => void;
}

export function createWriter({ base, owners, refusedNode }: WriterOptions): Writer {
  const directories = new Set<string>(['']);

  return { file, fileBeside, settle, replaceFile, other, remove, finishDirectory };

  function file(path: string, meta: EntryMeta, content: Uint8Array): void {
    makeParents(path);
    write(path, meta, content);
  }

  function fileBeside(path: string, meta: EntryMeta, content: Uint8Array): void {
    makeParents(path);
    write(beside(path), meta, content);
  }

  function settle(path: string): void {
    renameSync(at(beside(path)), at(path));
  }

  function replaceFile(path: string, meta: EntryMeta, content: Uint8Array): void {
    makeParents(path);
    rmSync(at(path), { force: true });
    write(path, meta, content);
  }

  function write(path: string, { mode, uid, gid, mtime, xattrs }: EntryMeta, content: Uint8Array): void {
    const privileged = (mode & 0o7000) !== 0;
    const fd = openSync(at(path), 'wx', mode & 0o777);
    try {
      for (let done = 0; done < content.length; ) done += writeSync(fd, content, done);
      if (owners && (uid !== 0 || gid !== 0)) fchownSync(fd, uid, gid);
      // A change of owner clears setuid and setgid: the mode comes after it.
      if (privileged) fchmodSync(fd, mode);
      futimesSync(fd, mtime, mtime);
    } finally {
      closeSync(fd);
    }
    setXattrs(path, xattrs);
  }

  function other(path: string, entry: Entry): void {
    makeParents(path);
    if (entry.type === 'dir') makeDirectory(path);
    else if (entry.type !== 'file') {
      rmSync(at(path), { force: true });
      if (entry.type === 'symlink') link(path, entry.target, entry);
      else if (entry.type === 'hardlink') linkSync(at(entry.target), at(path));
      else node(path, entry);
    }
  }

  function remove(path: string): void {
    if (lstatSync(at(path)).isDirectory()) rmdirSync(at(path));
    else rmSync(at(path));
  }

  function link(path: string, target: string, { uid, gid, mtime, xattrs }: EntryMeta): void {
    symlinkSync(Buffer.from(target, 'latin1'), at(path));
    if (owners && (uid !== 0 || gid !== 0)) lchownSync(at(path), uid, gid);
    lutimesSync(at(path), mtime, mtime);
    setXattrs(path, xattrs);
  }

  function node(path: string, entry: Entry & { type: 'char' | 'block' | 'fifo' }): void {
    const [major, minor] = entry.type === 'fifo' ? [0, 0] : [entry.major, entry.minor];
    try {
      makeNode(`${base}${path}`, { type: entry.type, mode: entry.mode, major, minor });
    } catch (error) {
      if (!['EPERM', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      refusedNode(path);
      return;
    }
    if (owners) lchownSync(at(path), entry.uid, entry.gid);
    chmodSync(at(path), entry.mode);
    utimesSync(at(path), entry.mtime, entry.mtime);
  }

  function finishDirectory(path: string, { mode, uid, gid, mtime, xattrs }: EntryMeta): void {
    // It may have been there with another owner.
    if (owners) lchownSync(at(path), uid, gid);
    chmodSync(at(path), owners ? mode : mode | 0o700);
    setXattrs(path, xattrs);
    utimesSync(at(path), mtime, mtime);
  }

  function setXattrs(path: string, xattrs: Readonly<Record<string, string>> | undefined): void {
    if (xattrs === undefined || !owners) return;
    for (const [name, value] of Object.entries(xattrs)) setXattr(`${base}${path}`, name, value);
  }

  function makeParents(path: string): void {
    const parent = parentOf(path);
    if (!directories.has(parent)) makeDirectory(parent);
  }

  function makeDirectory(path: string): void {
    makeParents(path);
    directories.add(path);
    try {
      mkdirSync(at(path), 0o755);
    } catch (error) {
      // Another worker made it, or an earlier wave did.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }

  function at(path: string): Buffer {
    return Buffer.from(`${base}${path}`, 'latin1');
  }

  function beside(path: string): string {
    return `${path}.mkbase-new`;
  }
}
