import { MkbaseError, quoted } from '../errors.ts';

/** A root filesystem as programs see it: this machine's, a package's, an image's. */
export interface FileView {
  /** Where an absolute path leads; null where there is nothing. */
  readonly follow: (path: string) => Followed | null;
  /** The content of a regular file, by the path that `follow` gave. */
  readonly read: (real: string) => Buffer;
  /** Its bytes. */
  readonly sizeOf: (real: string) => number;
  /** Names in a directory; empty where the directory does not exist. */
  readonly list: (path: string) => readonly string[];
}

export interface Followed {
  /** Absolute, without links in it. */
  readonly real: string;
  /** The links on the way by their own absolute paths, and what they say. */
  readonly links: ReadonlyMap<string, string>;
  readonly kind: 'file' | 'directory' | 'other';
}

/** A path's own type: a link with its target, or another kind. */
export type Looked = { readonly target: string } | Followed['kind'] | null;

/**
 * A program or a library, by the path that `follow` gave. It is held in memory, and a sparse one is of any size.
 *
 * @throws MkbaseError `binary/too-large`
 */
export function readBinary(view: Pick<FileView, 'read' | 'sizeOf'>, real: string): Buffer {
  return readUpTo(2 ** 30, view, real);
}

/**
 * A list such as passwd(5) and ld.so.conf(5), as a binary string.
 *
 * @throws MkbaseError `binary/too-large`
 */
export function readText(view: FileView, real: string): string {
  return readUpTo(2 ** 24, view, real).toString('latin1');
}

function readUpTo(
  largest: number,
  { read, sizeOf }: Pick<FileView, 'read' | 'sizeOf'>,
  real: string,
): Buffer {
  const size = sizeOf(real);
  if (size <= largest) return read(real);
  throw new MkbaseError(
    'binary/too-large',
    `${quoted(real)} has ${mebibytes(size)}: of such a file at most ${mebibytes(largest)} are looked at`,
    { hint: 'it is damaged or hostile, or a program that should be stripped' },
  );
}

function mebibytes(size: number): string {
  return `${Math.ceil(size / 2 ** 20)} MiB`;
}

/** Linux gives up after as many links, and knows no longer paths: path_resolution(7). */
const MAX_LINKS = 40;
const PATH_MAX = 4096;

/** {@link FileView.follow} over a function that examines a single path, whose directories contain no links. */
export function followWith(look: (path: string) => Looked): FileView['follow'] {
  return (path) => {
    const links = new Map<string, string>();
    if (path.length >= PATH_MAX) return null;
    /** From the last to the next. */
    const left = path.split('/').reverse();
    const done: string[] = [];
    let kind: Followed['kind'] = 'directory';
    while (left.length > 0) {
      const part = left.pop()!;
      if (part === '' || part === '.') continue;
      if (part === '..') {
        done.pop();
        continue;
      }
      const here = `/${[...done, part].join('/')}`;
      const found = look(here);
      if (found === null) return null;
      if (typeof found === 'string') {
        done.push(part);
        kind = found;
        continue;
      }
      if (links.size >= MAX_LINKS || links.has(here) || found.target.length >= PATH_MAX) return null;
      links.set(here, found.target);
      if (found.target.startsWith('/')) done.length = 0;
      left.push(...found.target.split('/').reverse());
    }
    return { real: `/${done.join('/')}`, links, kind };
  };
}
