/** The directories of a root filesystem that are open, and the way to more of them: name by name, by descriptors. */
import { closeSync, constants, lstatSync, mkdirSync, openSync } from 'node:fs';
import { quoted } from '../errors.ts';
import { codeOf } from './root-errors.ts';
import { parentOf } from './tree-path.ts';

/** open(2): a descriptor that names a place and can do nothing else. Node has no constant for it. */
export const O_PATH = 0o10000000;
const { O_DIRECTORY, O_NOFOLLOW } = constants;

/** Directories that stay open: a process may have few files open. */
const KEPT_OPEN = 16;

export class Directories {
  readonly #path: string;
  readonly #follow: (link: string) => string;
  /** Descriptors by paths, which lead through no link; those opened last come last. */
  readonly #open = new Map<string, number>();

  /** `follow` resolves a link to a path without links. */
  constructor(path: string, follow: (link: string) => string) {
    this.#path = path;
    this.#follow = follow;
  }

  /** A descriptor of a directory, for `closeOldest` or `release` to close; with `make` a missing one is made. */
  open(path: string, missing?: 'make'): number {
    let reached = path;
    let fd = this.#open.get(path);
    while (fd === undefined && reached !== '') {
      reached = parentOf(reached);
      fd = this.#open.get(reached);
    }
    fd ??= this.#keep('', openSync(this.#path, O_PATH | O_DIRECTORY));
    const walked: string[] = [];
    while (reached.length < path.length) {
      const start = reached === '' ? 0 : reached.length + 1;
      const slash = path.indexOf('/', start);
      const next = slash < 0 ? path : path.slice(0, slash);
      const child = this.#child(fd, plainName(next.slice(start)), missing);
      if (child === null) return this.#behind(next, path.slice(next.length), missing);
      fd = this.#keep(next, child);
      walked.push(next);
      if (walked.length > KEPT_OPEN) this.close(walked.shift()!);
      reached = next;
    }
    return fd;
  }

  close(path: string): void {
    const fd = this.#open.get(path);
    if (fd !== undefined) closeSync(fd);
    this.#open.delete(path);
  }

  /** Between two calls alone: a call may need all that it has opened. */
  closeOldest(): void {
    if (this.#open.size <= 2 * KEPT_OPEN) return;
    const paths = [...this.#open.keys()].slice(0, -KEPT_OPEN);
    for (const path of paths) if (path !== '') this.close(path);
  }

  release(): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }

  /** A directory in one that is open; null where a link stands in its place. */
  #child(parent: number, name: string, missing?: 'make'): number | null {
    const file = bytes(`/proc/self/fd/${parent}/${name}`);
    const there = () => lstatSync(file, { throwIfNoEntry: false });
    // Before it fails, as an error costs more to make.
    if (missing === 'make' && there() === undefined) makeUnlessThere(file);
    try {
      return openSync(file, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    } catch (error) {
      if (there()?.isSymbolicLink() !== true) throw error;
      return null;
    }
  }

  /** The target of the link must exist, as for mkdir(2) in a chroot. */
  #behind(link: string, rest: string, missing?: 'make'): number {
    const real = this.#follow(link);
    const fd = this.open(real);
    if (rest === '') return fd;
    return this.open(real === '' ? rest.slice(1) : `${real}${rest}`, missing);
  }

  #keep(path: string, fd: number): number {
    this.#open.set(path, fd);
    return fd;
  }
}

/** A path of a Tree, or what is made of one, for a system call. */
export function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

/** A name that leads to an entry of the directory and nowhere else. */
export function plainName(name: string): string {
  if (name !== '' && name !== '.' && name !== '..') return name;
  throw new Error(`${quoted(name)} is not a path of a Tree`);
}

function makeUnlessThere(file: Buffer): void {
  try {
    mkdirSync(file, 0o755);
  } catch (error) {
    // Another thread of the unpacker made it.
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}
