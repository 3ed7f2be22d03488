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
  { tree, owners, directories }: Placed,
  record: PackageRecord,
  heads: readonly PackageHead[],
  { exclusion, ids, protect, takes }: PlacementRules,
): Placement {
  const { name: packageName } = record.info;
  const files: FileTask[] = [];
  const others: string[] = [];
  const excluded: Excluded[] = [];
  /** Directories that a rule left out, until something is placed in them. */
  const leftOut = new Map<string, PackageHead>();
  /** Entry numbers of this package's regular files, by path as it names them. */
  const contents = new Map<string, number>();

  heads.forEach((head, number) => {
    // apk passes over what its scripts and signatures are named like, `./x` and `../x` among it.
    if (head.path.startsWith('.') || !takes(head.path)) return;
    const path = entryPath(head.path);
    const rule = exclusion(`/${path}`, head.type === 'dir' || head.type === 'symlink' ? head.type : 'file');
    if (head.type === 'file') contents.set(path, number);
    if (rule !== null) {
      excluded.push({ rule, bytes: head.size });
      if (head.type === 'dir') leftOut.set(path, head);
    } else if (head.type === 'dir') placeDirectory(path, head);
    else placeFile(path, head, number);
  });
  return { files, others, excluded };

  function placeDirectory(path: string, head: PackageHead): void {
    bringParent(path);
    const directory = record.directories.get(path);
    const acl = aclOf(head);
    if (directory === undefined) record.directories.set(path, { acl, files: new Map() });
    else directory.acl = acl;
    const target = resolveInTree(tree, path);
    const { mode, uid, gid } = acl;
    if (!tree.has(target)) {
      directories.set(target, { mode, uid, gid });
      addOther(target, head);
      return;
    }
    const real = followInTree(tree, path);
    const there = tree.get(real);
    if (there?.type === 'dir') {
      const before = directories.get(real);
      if (before === undefined) return;
      const agreed = agreedOn(before, { mode, uid, gid });
      directories.set(real, agreed);
      tree.set(real, { ...there, ...agreed });
      others.push(real);
      return;
    }
    throw conflict(`the directory \`/${path}\``, path, 'a file is there already');
  }

  function placeFile(path: string, head: PackageHead, number: number): void {
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1);
    if (name.startsWith('.keep_') && name.length > '.keep_'.length) return;
    const directory = directoryOf(path.slice(0, Math.max(0, slash)), path);
    const target = resolveInTree(tree, path);
    const linked = head.type === 'hardlink' ? linkedFile(head) : null;
    if (tree.get(target)?.type === 'dir') {
      throw new MkbaseError(
        'package/file-over-directory',
        `cannot place the file \`/${path}\` of \`${packageName}\`: a directory is there already`,
        { hint: 'leave out one of the packages that ship this path' },
      );
    }
    if (!mayTake(path, target)) return;
    directory.files.set(name, { acl: aclOf(head), sha1: (linked?.head ?? head).sha1 ?? null });
    owners.set(target, { record, directory, name });
    const place = protect(target, head);
    if (place === null) return;
    if (linked !== null) placeHardlink(place, head, linked);
    else if (head.type === 'file') addFile(place, head, number);
    else addOther(place, head);
  }

  /** With what is kept in a directory that a rule left out, the directory comes too. */
  function bringParent(path: string): void {
    const parent = parentOf(path);
    const skipped = leftOut.get(parent);
    leftOut.delete(parent);
    if (skipped !== undefined) placeDirectory(parent, skipped);
  }

  function directoryOf(parent: string, path: string): DirectoryRecord {
    const known = record.directories.get(parent);
    if (known !== undefined) return known;
    bringParent(path);
    const brought = record.directories.get(parent);
    if (brought !== undefined) return brought;
    if (parent !== '') {
      throw new MkbaseError(
        'package/no-directory-entry',
        `the file \`/${path}\` of \`${packageName}\` lies in a directory that the package does not have`,
        { hint: 'the package is broken; apk would note an error and leave the file out' },
      );
    }
    const root: DirectoryRecord = { acl: ROOT, files: new Map() };
    record.directories.set('', root);
    return root;
  }

  /** Whether this package may have the file, with the other owner's loss where it replaces it. */
  function mayTake(path: string, target: string): boolean {
    const owner = owners.get(target);
    if (owner === undefined || owner.record === record) return true;
    const keeper = whoKeeps(owner.record.info, record.info);
    if (keeper === 'first') return false;
    if (keeper === 'neither') {
      const { name, version } = owner.record.info;
      throw conflict(`\`/${path}\``, path, `it is also in \`${name}\` ${version}`);
    }
    owner.directory.files.delete(owner.name);
    return true;
  }

  interface Linked {
    readonly path: string;
    readonly number: number;
    readonly head: PackageHead;
  }

  function linkedFile(head: PackageHead): Linked {
    const path = entryPath(head.link);
    const number = contents.get(path);
    if (number !== undefined) return { path, number, head: heads[number] as PackageHead };
    throw new MkbaseError(
      'package/bad-hardlink',
      `the hard link ${quoted(head.path)} of \`${packageName}\` leads to ${quoted(head.link)}, which the package does not have`,
      { hint: 'the package is broken or hostile; do not use it' },
    );
  }

  function placeHardlink(path: string, head: PackageHead, linked: Linked): void {
    const target = resolveInTree(tree, linked.path);
    const isThere = owners.get(target)?.record === record && tree.get(target)?.type === 'file';
    // The first name of the file was left out: this one becomes the file.
    if (!isThere) addFile(path, { ...linked.head, ...metaOf(head) }, linked.number);
    else if (target !== path) {
      tree.set(path, { ...(tree.get(target) as Entry), type: 'hardlink', target });
      others.push(path);
    }
  }

  function addFile(path: string, head: PackageHead, number: number): void {
    const meta = metaOf(head);
    const over = tree.has(path);
    tree.set(path, { ...meta, type: 'file', size: head.size });
    files.push({ ...meta, entry: number, path, over });
  }

  function addOther(path: string, head: PackageHead): void {
    tree.set(path, treeEntry({ ...head, ...metaOf(head) }));
    others.push(path);
  }

  function metaOf({ mode, mtime, xattrs, ...head }: PackageHead): EntryMeta {
    const meta = { mode, mtime, uid: ids.uid(head), gid: ids.gid(head) };
    return xattrs === undefined ? meta : { ...meta, xattrs };
  }

  function aclOf(head: PackageHead): Acl {
    const { mode, uid, gid, xattrs } = metaOf(head);
    return { uid, gid, mode, xattrs: xattrs === undefined ? null : xattrsDigest(xattrs) };
  }

  function conflict(what: string, path: string, why: string): MkbaseError {
    return new MkbaseError('package/file-conflict', `cannot place ${what} of \`${packageName}\`: ${why}`, {
      hint: `leave out one of the two packages, or exclude the file: \`--exclude-path=/${path}\``,
    });
  }
}
