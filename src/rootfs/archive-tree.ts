/** Root filesystems that come as tars, of whomever: nothing of them is put onto a disk. */
import { MkbaseError, quoted } from '../errors.ts';
import type { TarHead, TarItem } from '../formats/tar.ts';
import { MAX_NAME } from '../formats/tar-errors.ts';
import { treeEntry } from './tar-entry.ts';
import type { Entry } from './tree.ts';
import { type PathSteps, walkPath } from './tree-path.ts';

export interface ArchiveTree<Body> {
  readonly tree: Map<string, Entry>;
  /** Where the contents of files are, by each of their paths. */
  readonly contents: ReadonlyMap<string, Body>;
}

/**
 * The tree after the tar was unpacked into an empty directory: the last of several entries with the same path
 * counts, absolute names begin at the root, and paths that lead through links stay inside.
 *
 * @throws MkbaseError as ArchiveTreeBuilder.add
 */
export function treeOfArchive<Body>(items: Iterable<TarItem<Body>>): ArchiveTree<Body> {
  const builder = new ArchiveTreeBuilder<Body>();
  for (const item of items) builder.add(item, item.body);
  return builder.finish();
}

/** A place in the tree; of a directory that has no entry of its own, `file` is missing. */
interface Node<Body> {
  /** Names of one file share it, whatever becomes of the others. */
  file?: { readonly entry: Entry; readonly body: Body } | undefined;
  children?: Map<string, Node<Body>> | undefined;
}

/**
 * Places that may be made in one tree, replaced ones and directories without entries counted: some times what
 * the largest images have. Each takes some 300 bytes, and a few kilobytes, packed, can stand for thousands.
 */
const MAX_PLACES = 2 ** 22;

/** Grows a tree entry by entry; the work for each is bounded by the length of its path and of links on its way. */
export class ArchiveTreeBuilder<Body> {
  readonly #root: Node<Body> = {};
  #places = 0;

  /**
   * @throws MkbaseError `image/bad-rootfs` for paths that leave the root, links to nothing and entries below
   *   files; `image/too-large`
   */
  add(item: TarHead, body: Body): void {
    const node = this.#walk(item.path, this.#makingSteps(item.path), false);
    if (item.type === 'dir') {
      // A directory over another one only changes its meta data.
      node.file = { entry: treeEntry(item), body };
      return;
    }
    if (node === this.#root) throw badRootfs(item.path, 'it is the root, and no directory');
    if (item.type === 'hardlink') {
      const { file } = this.#walk(item.link, this.#findingSteps, false);
      if (file === undefined || file.entry.type === 'dir')
        throw badRootfs(item.path, 'it is a hardlink to no file');
      if (file === node.file) return;
      node.file = file;
    } else node.file = { entry: treeEntry(item), body };
    // Where a directory was, all in it goes.
    node.children = undefined;
  }

  /** Takes away what is at a path with all in it, or all in it alone. */
  remove(path: string, { self }: { readonly self: boolean }): void {
    const node = this.#walk(path, this.#findingSteps, !self);
    node.children = undefined;
    if (self) node.file = undefined;
  }

  /** The first of a file's names in byte order is the file. */
  finish(): ArchiveTree<Body> {
    const found = this.#found();
    const firstNames = new Map<Entry, string>();
    const tree = new Map<string, Entry>();
    const contents = new Map<string, Body>();
    for (const path of [...found.keys()].sort()) {
      if (path.length > MAX_NAME) throw badRootfs(path, 'its path is longer than any that Linux takes');
      const { entry, body } = found.get(path)!;
      const first = firstNames.get(entry);
      if (first === undefined) firstNames.set(entry, path);
      tree.set(path, first === undefined ? entry : linkTo(first, entry));
      if (entry.type !== 'dir') contents.set(path, body);
    }
    return { tree, contents };
  }

  #found(): Map<string, NonNullable<Node<Body>['file']>> {
    const found = new Map<string, NonNullable<Node<Body>['file']>>();
    const open: [path: string, node: Node<Body>][] = [['', this.#root]];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [path, { file, children }] = next;
      if (file !== undefined) found.set(path, file);
      for (const [name, child] of children ?? []) open.push([path === '' ? name : `${path}/${name}`, child]);
    }
    return found;
  }

  #walk(path: string, steps: PathSteps<Node<Body>>, followLast: boolean): Node<Body> {
    if (/(^|\/)\.\.(\/|$)/.test(path)) throw badRootfs(path, 'its path leads upwards');
    try {
      return walkPath(this.#root, path, steps, { followLast });
    } catch (error) {
      if (error instanceof MkbaseError && error.code === 'package/link-loop')
        throw badRootfs(path, error.message);
      throw error;
    }
  }

  readonly #findingSteps: PathSteps<Node<Body>> = {
    child: (parent, name) => parent.children?.get(name) ?? {},
    linkOf,
  };

  /** Directories on the way are made; `path` is what is placed. */
  #makingSteps(path: string): PathSteps<Node<Body>> {
    return {
      child: (parent, name) => {
        if (parent.file !== undefined && parent.file.entry.type !== 'dir')
          throw badRootfs(path, 'it lies below what is not a directory');
        parent.children ??= new Map();
        const known = parent.children.get(name);
        if (known !== undefined) return known;
        if (++this.#places > MAX_PLACES) throw tooManyFiles();
        const node: Node<Body> = {};
        parent.children.set(name, node);
        return node;
      },
      linkOf,
    };
  }
}

function linkOf({ file }: Node<unknown>): string | undefined {
  return file?.entry.type === 'symlink' ? file.entry.target : undefined;
}

function linkTo(target: string, { mode, uid, gid, mtime, xattrs }: Entry): Entry {
  return { mode, uid, gid, mtime, ...(xattrs && { xattrs }), type: 'hardlink', target };
}

function badRootfs(path: string, reason: string): MkbaseError {
  return new MkbaseError('image/bad-rootfs', `the entry ${quoted(path)} cannot be taken: ${reason}`, {
    hint: 'make the tar inside of the root filesystem, as in `tar -C DIR -c .`',
  });
}

function tooManyFiles(): MkbaseError {
  return new MkbaseError('image/too-large', `there are more than ${MAX_PLACES} files and directories in it`, {
    hint: 'leave out what a base has no need of, or make several images of it',
  });
}
