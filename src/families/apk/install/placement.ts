/**
 * Where each entry of a package goes, by apk's rules (`apk_db_install_file` of apk-tools 2.14 is the source
 * of behaviour): decided in the Tree before a byte is written. Conflicts that apk reports and ignores
 * are refused here.
 */
import { MkbaseError, quoted } from '../../../errors.ts';
import type { Excluded, Exclusion } from '../../../rootfs/exclusions.ts';
import type { PackageHead } from '../../../rootfs/package-file.ts';
import { treeEntry } from '../../../rootfs/tar-entry.ts';
import type { Entry, EntryMeta } from '../../../rootfs/tree.ts';
import { followInTree, parentOf, resolveInTree } from '../../../rootfs/tree-path.ts';
import type { FileTask } from '../../../rootfs/unpack-protocol.ts';
import type { Ids } from '../../ids.ts';
import { whoKeeps } from '../package/replaces.ts';
import { type Agreed, agreedOn, ROOT, xattrsDigest } from './acl.ts';
import { entryPath } from './entry-path.ts';
import type { Acl, DirectoryRecord, PackageRecord } from './package-record.ts';

/** The state of the placed packages. */
export interface Placed {
  readonly tree: Map<string, Entry>;
  /** The file at a path of the tree, as the database knows it. */
  readonly owners: Map<string, Owner>;
  /** Directories that packages have made, with what all that have them agree on. */
  readonly directories: Map<string, Agreed>;
}

export interface Owner {
  readonly record: PackageRecord;
  readonly directory: DirectoryRecord;
  readonly name: string;
}

export interface PlacementRules {
  readonly exclusion: Exclusion;
  readonly ids: Ids;
  /**
   * Where a file goes whose place is taken by something that no package put there, or by a file that was
   * changed since: the path itself, another, or null for nowhere.
   */
  readonly protect: (path: string, head: PackageHead) => string | null;
  /** Whether an entry counts at all, by its path as the package writes it. */
  readonly takes: (path: string) => boolean;
}

export interface Placement {
  readonly files: readonly FileTask[];
  /** Paths of everything else that is new, to make from the tree's entries once all files are there. */
  readonly others: readonly string[];
  /** Entries that rules kept out. */
  readonly excluded: readonly Excluded[];
}

/**
 * Places the entries of one package and records them. Packages are placed one after another in the order
 * of installation; the same order gives the same tree.
 *
 * @throws MkbaseError `package/file-conflict`, `package/file-over-directory`, `package/bad-hardlink`,
 *   `package/no-directory-entry`, and what entryPath and resolveInTree throw
 */
export function placePackage(
  state: Placed,
  record: PackageRecord,
  heads: readonly PackageHead[],
  rules: PlacementRules,
): Placement {
  return new PackagePlacement(state, record, heads, rules).run();
}

interface Linked {
  readonly path: string;
  readonly number: number;
  readonly head: PackageHead;
}

class PackagePlacement {
  readonly #state: Placed;
  readonly #record: PackageRecord;
  readonly #heads: readonly PackageHead[];
  readonly #rules: PlacementRules;
  readonly #files: FileTask[] = [];
  readonly #others: string[] = [];
  readonly #excluded: Excluded[] = [];
  /** Directories that a rule left out, until something is placed in them. */
  readonly #leftOut = new Map<string, PackageHead>();
  /** Entry numbers of this package's regular files, by path as it names them. */
  readonly #contents = new Map<string, number>();

  constructor(state: Placed, record: PackageRecord, heads: readonly PackageHead[], rules: PlacementRules) {
    this.#state = state;
    this.#record = record;
    this.#heads = heads;
    this.#rules = rules;
  }

  run(): Placement {
    for (const [number, head] of this.#heads.entries()) this.#place(head, number);
    return { files: this.#files, others: this.#others, excluded: this.#excluded };
  }

  #place(head: PackageHead, number: number): void {
    // apk passes over what its scripts and signatures are named like, `./x` and `../x` among it.
    if (head.path.startsWith('.') || !this.#rules.takes(head.path)) return;
    const path = entryPath(head.path);
    const kind = head.type === 'dir' || head.type === 'symlink' ? head.type : 'file';
    const rule = this.#rules.exclusion(`/${path}`, kind);
    if (head.type === 'file') this.#contents.set(path, number);
    if (rule !== null) {
      this.#excluded.push({ rule, bytes: head.size });
      if (head.type === 'dir') this.#leftOut.set(path, head);
    } else if (head.type === 'dir') this.#placeDirectory(path, head);
    else this.#placeFile(path, head, number);
  }

  #placeDirectory(path: string, head: PackageHead): void {
    this.#bringParent(path);
    const directory = this.#record.directories.get(path);
    const acl = this.#aclOf(head);
    if (directory === undefined) this.#record.directories.set(path, { acl, files: new Map() });
    else directory.acl = acl;
    const target = resolveInTree(this.#state.tree, path);
    const { mode, uid, gid } = acl;
    if (!this.#state.tree.has(target)) {
      this.#state.directories.set(target, { mode, uid, gid });
      this.#addOther(target, head);
      return;
    }
    const real = followInTree(this.#state.tree, path);
    const there = this.#state.tree.get(real);
    if (there?.type === 'dir') {
      const before = this.#state.directories.get(real);
      if (before === undefined) return;
      const agreed = agreedOn(before, { mode, uid, gid });
      this.#state.directories.set(real, agreed);
      this.#state.tree.set(real, { ...there, ...agreed });
      this.#others.push(real);
      return;
    }
    throw this.#conflict(`the directory \`/${path}\``, path, 'a file is there already');
  }

  #placeFile(path: string, head: PackageHead, number: number): void {
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1);
    if (name.startsWith('.keep_') && name.length > '.keep_'.length) return;
    const directory = this.#directoryOf(path.slice(0, Math.max(0, slash)), path);
    const target = resolveInTree(this.#state.tree, path);
    const linked = head.type === 'hardlink' ? this.#linkedFile(head) : null;
    if (this.#state.tree.get(target)?.type === 'dir') {
      throw new MkbaseError(
        'package/file-over-directory',
        `cannot place the file \`/${path}\` of \`${this.#record.info.name}\`: a directory is there already`,
        { hint: 'leave out one of the packages that ship this path' },
      );
    }
    if (!this.#mayTake(path, target)) return;
    directory.files.set(name, { acl: this.#aclOf(head), sha1: (linked?.head ?? head).sha1 ?? null });
    this.#state.owners.set(target, { record: this.#record, directory, name });
    const place = this.#rules.protect(target, head);
    if (place === null) return;
    if (linked !== null) this.#placeHardlink(place, head, linked);
    else if (head.type === 'file') this.#addFile(place, head, number);
    else this.#addOther(place, head);
  }

  /** With what is kept in a directory that a rule left out, the directory comes too. */
  #bringParent(path: string): void {
    const parent = parentOf(path);
    const skipped = this.#leftOut.get(parent);
    this.#leftOut.delete(parent);
    if (skipped !== undefined) this.#placeDirectory(parent, skipped);
  }

  #directoryOf(parent: string, path: string): DirectoryRecord {
    const known = this.#record.directories.get(parent);
    if (known !== undefined) return known;
    this.#bringParent(path);
    const brought = this.#record.directories.get(parent);
    if (brought !== undefined) return brought;
    if (parent !== '') {
      throw new MkbaseError(
        'package/no-directory-entry',
        `the file \`/${path}\` of \`${this.#record.info.name}\` lies in a directory that the package does not have`,
        { hint: 'the package is broken; apk would note an error and leave the file out' },
      );
    }
    const root: DirectoryRecord = { acl: ROOT, files: new Map() };
    this.#record.directories.set('', root);
    return root;
  }

  /** Whether this package may have the file, with the other owner's loss where it replaces it. */
  #mayTake(path: string, target: string): boolean {
    const owner = this.#state.owners.get(target);
    if (owner === undefined || owner.record === this.#record) return true;
    const keeper = whoKeeps(owner.record.info, this.#record.info);
    if (keeper === 'first') return false;
    if (keeper === 'neither') {
      const { name, version } = owner.record.info;
      throw this.#conflict(`\`/${path}\``, path, `it is also in \`${name}\` ${version}`);
    }
    owner.directory.files.delete(owner.name);
    return true;
  }

  #linkedFile(head: PackageHead): Linked {
    const path = entryPath(head.link);
    const number = this.#contents.get(path);
    if (number !== undefined) return { path, number, head: this.#heads[number] as PackageHead };
    throw new MkbaseError(
      'package/bad-hardlink',
      `the hard link ${quoted(head.path)} of \`${this.#record.info.name}\` leads to ${quoted(head.link)}, which the package does not have`,
      { hint: 'the package is broken or hostile; do not use it' },
    );
  }

  #placeHardlink(path: string, head: PackageHead, linked: Linked): void {
    const target = resolveInTree(this.#state.tree, linked.path);
    const isThere =
      this.#state.owners.get(target)?.record === this.#record &&
      this.#state.tree.get(target)?.type === 'file';
    // The first name of the file was left out: this one becomes the file.
    if (!isThere) this.#addFile(path, { ...linked.head, ...this.#metaOf(head) }, linked.number);
    else if (target !== path) {
      this.#state.tree.set(path, { ...(this.#state.tree.get(target) as Entry), type: 'hardlink', target });
      this.#others.push(path);
    }
  }

  #addFile(path: string, head: PackageHead, number: number): void {
    const meta = this.#metaOf(head);
    const over = this.#state.tree.has(path);
    this.#state.tree.set(path, { ...meta, type: 'file', size: head.size });
    this.#files.push({ ...meta, entry: number, path, over });
  }

  #addOther(path: string, head: PackageHead): void {
    this.#state.tree.set(path, treeEntry({ ...head, ...this.#metaOf(head) }));
    this.#others.push(path);
  }

  #metaOf({ mode, mtime, xattrs, ...head }: PackageHead): EntryMeta {
    const meta = { mode, mtime, uid: this.#rules.ids.uid(head), gid: this.#rules.ids.gid(head) };
    return xattrs === undefined ? meta : { ...meta, xattrs };
  }

  #aclOf(head: PackageHead): Acl {
    const { mode, uid, gid, xattrs } = this.#metaOf(head);
    return { uid, gid, mode, xattrs: xattrs === undefined ? null : xattrsDigest(xattrs) };
  }

  #conflict(what: string, path: string, why: string): MkbaseError {
    return new MkbaseError(
      'package/file-conflict',
      `cannot place ${what} of \`${this.#record.info.name}\`: ${why}`,
      {
        hint: `leave out one of the two packages, or exclude the file: \`--exclude-path=/${path}\``,
      },
    );
  }
}
