/** A directory of the host that others may be changing: a read gives the scanned content, or fails. */
import { closeSync, fstatSync, openSync, type Stats } from 'node:fs';
import { MkbaseError, quoted } from '../errors.ts';
import { readAt } from '../formats/tar-source.ts';
import { Root } from './root.ts';
import { type ScanOptions, scanTree } from './scan.ts';
import type { Entry } from './tree.ts';

export interface HostDirectory {
  readonly tree: Map<string, Entry>;
  /**
   * The content of a file of the tree.
   *
   * @throws MkbaseError `image/file-changed` where it is no longer the scanned one
   */
  open(path: string, size: number): Buffer | Iterable<Buffer>;
  /** Whether this user may read a file of the tree. */
  mayRead(path: string): boolean;
  close(): void;
}

/**
 * Scans it. No link below `root` is followed, neither now nor when a file is read, and nothing is waited for.
 *
 * @throws MkbaseError `image/file-changed`; errors of the system, with the path in the tree
 */
export function openHostDirectory(
  root: string,
  options: Pick<ScanOptions, 'closed' | 'onSocket'> = {},
): HostDirectory {
  const opened = new Root(root);
  const directory = new SteadyDirectory(opened);
  try {
    const tree = directory.scan(options);
    return {
      tree,
      open: (path, size) => directory.open(path, size),
      mayRead: (path) => directory.mayRead(path),
      close: () => opened.release(),
    };
  } catch (error) {
    opened.release();
    throw error;
  }
}

/** Files above this are read in pieces. */
const WHOLE = 2 ** 22;
const PIECE = 2 ** 20;

type Identity = Pick<Stats, 'dev' | 'ino' | 'size' | 'mtimeMs'>;

class SteadyDirectory {
  readonly #root: Root;
  readonly #scanned = new Map<string, Identity>();

  constructor(root: Root) {
    this.#root = root;
  }

  scan(options: Pick<ScanOptions, 'closed' | 'onSocket'>): Map<string, Entry> {
    try {
      return scanTree(this.#root, {
        ...options,
        onFile: (path, { dev, ino, size, mtimeMs }) => this.#scanned.set(path, { dev, ino, size, mtimeMs }),
      });
    } catch (error) {
      const path = (error as NodeJS.ErrnoException).path?.slice(1) ?? '';
      if (isGone(error)) throw changed(path);
      throw Object.assign(error as Error, { path });
    }
  }

  open(path: string, size: number): Buffer | Iterable<Buffer> {
    const pieces = this.#pieces(path, size);
    return size <= WHOLE ? Buffer.concat([...pieces]) : pieces;
  }

  mayRead(path: string): boolean {
    try {
      return this.#root.mayRead(path);
    } catch (error) {
      throw isGone(error) ? changed(path) : error;
    }
  }

  *#pieces(path: string, size: number): Generator<Buffer> {
    const fd = this.#openScanned(path);
    try {
      for (let offset = 0; offset < size; offset += PIECE)
        yield readAt(fd, offset, Math.min(PIECE, size - offset));
      this.#mustBeScanned(path, fd);
    } finally {
      closeSync(fd);
    }
  }

  /** To open another file than the one that is meant could do something, where it is a device. */
  #openScanned(path: string): number {
    const place = this.#placeOf(path);
    try {
      this.#mustBeScanned(path, place);
      return openSync(`/proc/self/fd/${place}`, 'r');
    } finally {
      closeSync(place);
    }
  }

  #placeOf(path: string): number {
    try {
      return this.#root.place(path);
    } catch (error) {
      throw isGone(error) ? changed(path) : error;
    }
  }

  #mustBeScanned(path: string, fd: number): void {
    const [is, was] = [fstatSync(fd), this.#scanned.get(path)];
    const isSame =
      is.dev === was?.dev && is.ino === was.ino && is.size === was.size && is.mtimeMs === was.mtimeMs;
    if (!isSame || !is.isFile()) throw changed(path);
  }
}

/** The error for a path that was there a moment ago, or whose directory is now a link. */
function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function changed(path: string): MkbaseError {
  return new MkbaseError('image/file-changed', `${quoted(`/${path}`)} was changed while it was read`, {
    hint: 'run again, and let nothing write into the directory meanwhile',
  });
}
