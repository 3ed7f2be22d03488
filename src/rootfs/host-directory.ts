/** A directory of the host that others may be changing: what is read is what was scanned, or nothing. */
import { accessSync, closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs';
import { MkbaseError, quoted } from '../errors.ts';
import { readAt } from '../formats/tar-source.ts';
import { type Descent, O_PATH, openDescent } from './descent.ts';
import { type ScanOptions, scanTree } from './scan.ts';
import type { Entry } from './tree.ts';

export interface HostDirectory {
  readonly tree: Map<string, Entry>;
  /**
   * The content of a file of the tree.
   *
   * @throws MkbaseError `image/file-changed` where it is no more what was scanned
   */
  open(path: string, size: number): Buffer | Iterable<Buffer>;
  /** Whether this user may read a file of the tree. */
  mayRead(path: string): boolean;
  close(): void;
}

/**
 * Scans it. No link below `root` is followed, neither now nor when a file is read, and nothing is waited for.
 *
 * @throws MkbaseError `image/file-changed`; what the system says, told of by its path in the tree
 */
export function openHostDirectory(
  root: string,
  options: Pick<ScanOptions, 'closed' | 'onSocket'> = {},
): HostDirectory {
  const descent = openDescent(Buffer.from(root).toString('latin1'));
  const directory = new SteadyDirectory(descent);
  try {
    const tree = directory.scan(options);
    return {
      tree,
      open: (path, size) => directory.open(path, size),
      mayRead: (path) => directory.mayRead(path),
      close: () => descent.close(),
    };
  } catch (error) {
    descent.close();
    throw error;
  }
}

/** Files above this are read in pieces. */
const WHOLE = 2 ** 22;
const PIECE = 2 ** 20;

type Identity = Pick<Stats, 'dev' | 'ino' | 'size' | 'mtimeMs'>;

class SteadyDirectory {
  readonly #descent: Descent;
  readonly #scanned = new Map<string, Identity>();

  constructor(descent: Descent) {
    this.#descent = descent;
  }

  scan(options: Pick<ScanOptions, 'closed' | 'onSocket'>): Map<string, Entry> {
    let reached = '';
    try {
      return scanTree('', {
        ...options,
        at: (path) => {
          reached = path;
          return this.#descent.at(path);
        },
        onFile: (path, { dev, ino, size, mtimeMs }) => this.#scanned.set(path, { dev, ino, size, mtimeMs }),
      });
    } catch (error) {
      if (isGone(error)) throw changed(reached);
      throw Object.assign(error as Error, { path: reached.replace(/\/$/, '') });
    }
  }

  open(path: string, size: number): Buffer | Iterable<Buffer> {
    const pieces = this.#pieces(path, size);
    return size <= WHOLE ? Buffer.concat([...pieces]) : pieces;
  }

  mayRead(path: string): boolean {
    try {
      accessSync(Buffer.from(this.#descent.at(path), 'latin1'), constants.R_OK);
      return true;
    } catch {
      return false;
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
      return openSync(Buffer.from(this.#descent.at(path), 'latin1'), O_PATH | constants.O_NOFOLLOW);
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

/** What a path gives that was there a moment ago, or whose directory is now a link. */
function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function changed(path: string): MkbaseError {
  return new MkbaseError('image/file-changed', `${quoted(`/${path}`)} was changed while it was read`, {
    hint: 'run again, and let nothing write into the directory meanwhile',
  });
}
