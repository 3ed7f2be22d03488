import { MkbaseError, quoted } from '../errors.ts';
import type { TarHead } from '../formats/tar.ts';
import { endOfTar, tarHeader, tarPadding } from '../formats/tar-writer.ts';
import type { Entry, EntryMeta, Tree } from '../rootfs/tree.ts';
import { parentOf } from '../rootfs/tree-path.ts';

/** Content of a file, whole or in pieces. */
export type Content = Buffer | Iterable<Buffer> | AsyncIterable<Buffer>;

export interface LayerOptions {
  /** Seconds since 1970; no entry is newer. */
  readonly epoch: number;
  /** Gives the content of a file by its path in the tree and its size in bytes. */
  readonly open: (path: string, size: number) => Content | Promise<Content>;
  /** Whether directories that the tree leaves out, its root too, stay out. */
  readonly partial?: boolean;
}

/**
 * A tree as a tar, piece by piece: entries in byte order, each directory before its entries, the
 * first name of a hardlinked file as the file and its other names as links to that, owners as numbers,
 * times not after the epoch. The same tree gives the same bytes, in whatever order it was filled.
 *
 * Directories end in `/` and the root is `./`. Directories missing from the tree are added as 0755
 * root:root, unless it is a part of another tree: an unpacker would create them with the current time.
 *
 * @throws MkbaseError `target/bad-owner`, `target/file-changed`, `target/bad-attribute-name`;
 *   `internal/broken-tree` for a link to nothing or an entry below something that is not a directory
 */
export async function* writeLayer(
  tree: Tree,
  { epoch, open, partial = false }: LayerOptions,
): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let length = 0;
  const add = (piece: Buffer) => {
    pieces.push(piece);
    length += piece.length;
    return length >= PIECE_SIZE;
  };
  const take = () => {
    const piece = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, length);
    pieces = [];
    length = 0;
    return piece;
  };

  for (const { path, source, entry } of partial ? ordered(tree) : layerMembers(tree, epoch)) {
    add(tarHeader(tarHead(path, entry, epoch)));
    if (entry.type === 'file' && entry.size > 0) {
      const content = await open(source, entry.size);
      let written = 0;
      for await (const piece of Buffer.isBuffer(content) ? [content] : content) {
        written += piece.length;
        if (add(piece)) yield take();
      }
      if (written !== entry.size) {
        throw new MkbaseError(
          'target/file-changed',
          `${quoted(path)} has ${written} bytes instead of ${entry.size}`,
          {
            hint: 'run again, and let nothing else write into the directory meanwhile',
          },
        );
      }
      add(tarPadding(written));
    }
    if (length >= PIECE_SIZE) yield take();
  }
  add(endOfTar());
  yield take();
}

/** Small files are gathered up to this: each piece costs its consumer a turn of the event loop. */
const PIECE_SIZE = 256 * 2 ** 10;

export interface LayerMember {
  readonly path: string;
  /** Where the tree has the content: another name of the same file, it may be. */
  readonly source: string;
  readonly entry: Entry;
}

/** All entries of a whole tree as a layer has them: see {@link writeLayer}. */
export function layerMembers(tree: Tree, epoch: number): LayerMember[] {
  return ordered(withDirectories(tree, epoch)).map((member) => {
    const { entry } = member;
    return entry.mtime > epoch ? { ...member, entry: { ...entry, mtime: epoch } } : member;
  });
}

/** The entries in byte order, each hardlinked file standing under the first of its names. */
function ordered(tree: Tree): LayerMember[] {
  const firstNames = new Map<string, string>();
  return [...tree.keys()].sort().map((path) => {
    const entry = tree.get(path)!;
    const source = linkSource(tree, path);
    const first = firstNames.get(source);
    if (first !== undefined) {
      const { mode, uid, gid, mtime } = tree.get(source)!;
      return { path, source, entry: { type: 'hardlink', target: first, mode, uid, gid, mtime } };
    }
    firstNames.set(source, path);
    return { path, source, entry: source === path ? entry : tree.get(source)! };
  });
}

/** Follows hardlinks to the entry that is none. */
function linkSource(tree: Tree, path: string): string {
  const seen = new Set<string>();
  let source = path;
  for (;;) {
    const entry = tree.get(source);
    if (entry === undefined || entry.type === 'dir' ? source !== path : seen.has(source)) {
      throw brokenTree(`the hardlink ${quoted(path)} leads to no file`);
    }
    if (entry?.type !== 'hardlink') return source;
    seen.add(source);
    source = entry.target;
  }
}

function withDirectories(tree: Tree, epoch: number): Tree {
  const whole = new Map(tree);
  const missing: Entry = { type: 'dir', mode: 0o755, uid: 0, gid: 0, mtime: epoch };
  for (const path of tree.keys()) {
    for (let parent = path; parent !== ''; ) {
      parent = parentOf(parent);
      const entry = whole.get(parent);
      if (entry !== undefined && entry.type !== 'dir')
        throw brokenTree(`${quoted(path)} lies below ${quoted(parent)}`);
      if (entry !== undefined) break;
      whole.set(parent, missing);
    }
  }
  return whole;
}

const NO_OWNER = 2 ** 32 - 1;

function tarHead(path: string, entry: Entry, epoch: number): TarHead {
  const { mode, uid, gid, mtime, xattrs }: EntryMeta = entry;
  if (uid >= NO_OWNER || gid >= NO_OWNER) {
    // To chown(2) this number means "leave the owner as it is".
    throw new MkbaseError(
      'target/bad-owner',
      `${quoted(path)} belongs to ${uid}:${gid}, which is not a valid owner`,
      {
        hint: 'exclude the file, or give it an owner',
      },
    );
  }
  return {
    path: entry.type === 'dir' ? `${path === '' ? '.' : path}/` : path,
    type: entry.type,
    mode,
    uid,
    gid,
    mtime: Math.min(mtime, epoch),
    size: entry.type === 'file' ? entry.size : 0,
    link: entry.type === 'symlink' || entry.type === 'hardlink' ? entry.target : '',
    major: entry.type === 'char' || entry.type === 'block' ? entry.major : 0,
    minor: entry.type === 'char' || entry.type === 'block' ? entry.minor : 0,
    ...(xattrs && { xattrs }),
  };
}

function brokenTree(reason: string): MkbaseError {
  return new MkbaseError('internal/broken-tree', `the tree cannot be written: ${reason}`, {
    hint: 'this is a fault of mkbase: please report it',
  });
}
