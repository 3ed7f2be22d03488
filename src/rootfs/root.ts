/**
 * A root filesystem on a disk, opened so that nothing which a package or a script has put there leads out of it.
 * This module, with the directories that it opens, is the only one that names paths below one to the system,
 * whatever process it runs in.
 *
 * Directories are walked name by name, by descriptors. Links among them are followed inside, as after
 * chroot(2); the last name of a path is never followed. All calls are synchronous. Paths are those of a Tree.
 */
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  opendirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  type Stats,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { MkbaseError } from '../errors.ts';
import { readAt } from '../formats/tar-source.ts';
import { getXattrs, makeNode, type NodeKind, removeXattr, setXattr } from '../sandbox/syscalls.ts';
import { bytes, Directories, O_PATH, plainName } from './directories.ts';
import { named, notAFile, orNotAFile, orNothing, tooLarge } from './root-errors.ts';
import type { Place } from './tree.ts';
import { followInTree, joined, parentOf } from './tree-path.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** Bytes of a file that is read whole: dpkg's status has a hundredth of it. */
const LARGEST = 64 * 2 ** 20;

/** Files above this are read in pieces. */
const WHOLE = 2 ** 22;
const PIECE = 2 ** 20;

const LISTED_AT_ONCE = 1024;

export class Root {
  /** As this process names it. */
  readonly path: string;
  readonly #directories: Directories;

  constructor(path: string) {
    this.path = path;
    this.#directories = new Directories(path, (link) => this.follow(link));
  }

  /** Closes the directories: for when somebody else may change them, and at the end. */
  release(): void {
    this.#directories.release();
  }

  /** The stats of the path itself; undefined where nothing is. */
  stat(path: string): Stats | undefined {
    return orNothing(() => this.#at(path, (name) => lstatSync(name, { throwIfNoEntry: false })));
  }

  /** The entries of a directory. */
  list(path: string): Dirent[] {
    return this.#told(path, () =>
      readdirSync(`/proc/self/fd/${this.#directories.open(path)}`, {
        encoding: 'latin1',
        withFileTypes: true,
      }),
    );
  }

  /** The names in a directory in the order of the file system; Node sorts what its readdir gives. */
  listing(path: string): string[] {
    return this.#told(path, () => {
      const name = `/proc/self/fd/${this.#directories.open(path)}`;
      const directory = opendirSync(name, { encoding: 'latin1', bufferSize: LISTED_AT_ONCE });
      try {
        const names: string[] = [];
        for (let item = directory.readSync(); item !== null; item = directory.readSync())
          names.push(item.name);
        return names;
      } finally {
        directory.closeSync();
      }
    });
  }

  readLink(path: string): string {
    return this.#at(path, (name) => readlinkSync(name, 'latin1'));
  }

  /** Where a path leads to in the end, by its path without links; nothing need be there. */
  follow(path: string): string {
    return followInTree({ get: (one) => this.#place(one) }, path);
  }

  /** The same where what the path ends in is a link: its own path, in a directory that leads through none. */
  resolve(path: string): string {
    let end = path.length;
    while (path[end - 1] === '/') end--;
    const start = path.slice(0, end).lastIndexOf('/') + 1;
    const [parent, name] = [path.slice(0, start), path.slice(start, end)];
    return ['', '.', '..'].includes(name) ? this.follow(path) : joined(this.follow(parent), name);
  }

  /** All extended attributes; undefined where there are none. */
  xattrs(path: string): Record<string, string> | undefined {
    return this.#at(path, (_, name) => getXattrs(name));
  }

  /**
   * A descriptor to read a regular file by, for the caller to close. Nothing else is opened, or waited for.
   *
   * @throws MkbaseError `script/not-a-file`
   */
  openFile(path: string): number {
    const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
    const fd = this.#at(path, (name) => orNotAFile(path, () => openSync(name, flags)));
    if (fstatSync(fd).isFile()) return fd;
    closeSync(fd);
    throw notAFile(path);
  }

  /**
   * A regular file's bytes; null where nothing is.
   *
   * @throws MkbaseError `script/not-a-file`, `script/file-too-large`
   */
  read(path: string): Buffer | null {
    const fd = orNothing(() => this.openFile(path));
    if (fd === undefined) return null;
    try {
      const { size } = fstatSync(fd);
      if (size > LARGEST) throw tooLarge(path);
      return readAt(fd, 0, size);
    } finally {
      closeSync(fd);
    }
  }

  /** A descriptor that names what is there and opens nothing, for the caller to close. */
  place(path: string): number {
    return this.#at(path, (name) => openSync(name, O_PATH | O_NOFOLLOW));
  }

  /** Whether this user may read what is there itself. */
  mayRead(path: string): boolean {
    const place = this.place(path);
    try {
      accessSync(`/proc/self/fd/${place}`, constants.R_OK);
      return true;
    } catch {
      return false;
    } finally {
      closeSync(place);
    }
  }

  /** The first `size` bytes of a file, in pieces where it is large: each is read when it is taken. */
  contents(path: string, size: number): Buffer | Iterable<Buffer> {
    if (size > WHOLE) return this.#pieces(path);
    const fd = this.openFile(path);
    try {
      // One byte more shows that a file has grown.
      return readAt(fd, 0, size + 1);
    } finally {
      closeSync(fd);
    }
  }

  *#pieces(path: string): Generator<Buffer> {
    const fd = this.openFile(path);
    try {
      for (let offset = 0; ; ) {
        const piece = readAt(fd, offset, PIECE);
        if (piece.length === 0) return;
        offset += piece.length;
        yield piece;
      }
    } finally {
      closeSync(fd);
    }
  }

  /** Makes a file, or gives one that is there, whose owner and mode stay, other contents. */
  write(path: string, mode: number, content: Uint8Array): void {
    const flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
    const fd = this.#at(path, (name) => orNotAFile(path, () => openSync(name, flags, mode)));
    try {
      if (!fstatSync(fd).isFile()) throw notAFile(path);
      ftruncateSync(fd);
      writeFileSync(fd, content);
    } finally {
      closeSync(fd);
    }
  }

  /** Makes a file where nothing is, and gives its descriptor to `fill`. */
  makeFile(path: string, mode: number, fill: (fd: number) => void): void {
    this.#make(path, (name) => {
      const fd = openSync(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode & 0o777);
      try {
        fill(fd);
      } finally {
        closeSync(fd);
      }
    });
  }

  /** A directory that is there stays as it is. */
  makeDirectory(path: string): void {
    this.#told(path, () => this.#directories.open(path, 'make'));
  }

  makeLink(path: string, target: string): void {
    this.#make(path, (name) => symlinkSync(bytes(target), name));
  }

  /** Another name for what is at `target`. */
  makeHardlink(path: string, target: string): void {
    this.#make(path, (name) => linkSync(bytes(this.#name(target)), name));
  }

  makeNode(path: string, kind: NodeKind): void {
    this.#make(path, (_, name) => makeNode(name, kind));
  }

  rename(from: string, to: string): void {
    this.#at(to, (name) => renameSync(bytes(this.#name(from)), name));
  }

  /** Removes a file, a link or a node; nothing need be there, and mostly nothing is: an error costs more to make. */
  unlink(path: string): void {
    if (this.stat(path) !== undefined) this.#at(path, (name) => unlinkSync(name));
  }

  /** Removes an empty directory. */
  removeDirectory(path: string): void {
    this.#at(path, (name) => rmdirSync(name));
    this.#directories.close(path);
  }

  /** Removes what is there, with all in it. */
  removeAll(path: string): void {
    if (this.stat(path)?.isDirectory() !== true) this.unlink(path);
    else {
      for (const { name } of this.list(path)) this.removeAll(joined(path, name));
      this.removeDirectory(path);
    }
  }

  /** Sets the owner of the entry itself, even of a link; the setters below too. */
  setOwner(path: string, uid: number, gid: number): void {
    this.#at(path, (name) => lchownSync(name, uid, gid));
  }

  setMode(path: string, mode: number): void {
    this.#at(path, (name) => {
      // Node has no chmod(2) that would not follow a link.
      const fd = openSync(name, O_PATH | O_NOFOLLOW);
      try {
        chmodSync(`/proc/self/fd/${fd}`, mode);
      } finally {
        closeSync(fd);
      }
    });
  }

  setTime(path: string, time: number): void {
    this.#at(path, (name) => lutimesSync(name, timestamp(time), timestamp(time)));
  }

  setXattr(path: string, key: string, value: string): void {
    this.#at(path, (_, name) => setXattr(name, key, value));
  }

  removeXattr(path: string, key: string): void {
    this.#at(path, (_, name) => removeXattr(name, key));
  }

  /** Gives the name for a system call that does not follow what it ends in: as bytes, and as a binary string. */
  #at<T>(path: string, act: (name: Buffer, text: string) => T): T {
    return this.#told(path, () => {
      const name = this.#name(path);
      return act(bytes(name), name);
    });
  }

  /** The same with the directories that lead there, made where they are not. */
  #make<T>(path: string, act: (name: Buffer, text: string) => T): T {
    return this.#told(path, () => {
      this.#directories.open(parentOf(path), 'make');
      const name = this.#name(path);
      return act(bytes(name), name);
    });
  }

  /** Errors of the system name the path instead of a descriptor. */
  #told<T>(path: string, act: () => T): T {
    try {
      this.#directories.closeOldest();
      return act();
    } catch (error) {
      throw error instanceof MkbaseError ? error : named(error as NodeJS.ErrnoException, path);
    }
  }

  #name(path: string): string {
    if (path === '') return `/proc/self/fd/${this.#directories.open('')}/.`;
    return `/proc/self/fd/${this.#directories.open(parentOf(path))}/${plainName(path.slice(path.lastIndexOf('/') + 1))}`;
  }

  #place(path: string): Place | undefined {
    const stats = this.stat(path);
    if (stats === undefined) return undefined;
    if (stats.isSymbolicLink()) return { type: 'symlink', target: this.readLink(path) };
    return { type: stats.isDirectory() ? 'dir' : 'file' };
  }
}

/** For calls of the system that set a time: Node takes a negative number for "now", and a text for what it says. */
export function timestamp(seconds: number): number | string {
  return seconds < 0 ? String(seconds) : seconds;
}
