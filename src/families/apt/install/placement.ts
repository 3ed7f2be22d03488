/**
 * Where each entry of a package goes, by dpkg's rules (dpkg's `tarobject` in unpack/archives.c is the
 * source of behaviour): decided in the Tree before a byte is written. Pure: it changes only the state
 * it was given.
 */
import { MkbaseError } from '../../../errors.ts';
import type { Excluded, Exclusion } from '../../../rootfs/exclusions.ts';
import type { PackageHead } from '../../../rootfs/package-file.ts';
import { treeEntry } from '../../../rootfs/tar-entry.ts';
import type { Entry, EntryMeta, Place } from '../../../rootfs/tree.ts';
import { followInTree, parentOf, resolveInTree } from '../../../rootfs/tree-path.ts';
import type { FileTask } from '../../../rootfs/unpack-protocol.ts';
import type { Ids } from '../../ids.ts';
import type { Control } from '../package/control.ts';
import { replaces } from '../package/replaces.ts';
import type { Diversions } from './diversions.ts';
import { firstNamesOf, ownPath } from './own-names.ts';
import type { StatOverrides } from './stat-overrides.ts';

/** The packages and paths that are in place, as dpkg's database would have them. */
export interface Placed {
  readonly tree: Map<string, Place>;
  /** The intended entry of each path when it was placed. */
  readonly planned: Map<string, Entry>;
  /** Path as the packages name it, without the leading slash → the package whose file is there. */
  readonly owners: Map<string, PlacedPackage>;
}

export interface PlacedPackage {
  readonly control: Control;
  /** Lines of its `.list`, in archive order. */
  readonly paths: Set<string>;
  /** How many of them are not directories. */
  files: number;
  /** How many of these another package has replaced since. */
  replaced: number;
  /** The list on disk is no longer what `paths` says. */
  changed: boolean;
  /** Its conffiles that another package has instead: dpkg calls them obsolete. */
  readonly lost: Set<string>;
}

export interface Placement {
  readonly placed: PlacedPackage;
  readonly files: readonly FileTask[];
  /** Paths of everything else that is new, to make from the tree's entries once all files are there. */
  readonly others: readonly string[];
  /** Paths that waited for dpkg to settle them, and are another package's by now. */
  readonly removed: readonly string[];
  /** The first file whose directory neither this package has nor one before: dpkg would refuse it. */
  readonly homeless: string | undefined;
  /** Entries that rules kept out. */
  readonly excluded: readonly Excluded[];
}

export interface PlacementRules {
  readonly exclusion: Exclusion;
  readonly diversions: Diversions;
  readonly overrides: StatOverrides;
  readonly ids: Ids;
  /**
   * `merge`: directories of the root that merged /usr makes links are placed below /usr, with the link;
   * as usr-is-merged requires of a new system.
   */
  readonly usr: 'merge' | 'as-shipped';
  /** Where a conffile of the package goes: `final` before any script could look for it, `new` for dpkg to settle. */
  readonly conffiles: 'both' | 'new' | 'final';
}

/** A directory that no package has had yet, made for what is in it. */
const IMPLIED: Place = { type: 'dir' };

const ALIASED = new Set(['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libo32', 'libx32']);

/**
 * Places the entries of one package. Packages are placed one after another in the order of
 * installation; the same order gives the same tree.
 *
 * @throws MkbaseError `package/file-conflict`, `package/file-over-directory`, `package/bad-hardlink`
 */
export function placePackage(
  state: Placed,
  control: Control,
  entries: readonly PackageHead[],
  rules: PlacementRules,
): Placement {
  const { tree, planned, owners } = state;
  const placed: PlacedPackage = {
    control,
    paths: new Set(),
    files: 0,
    replaced: 0,
    changed: false,
    lost: new Set(),
  };
  const files: FileTask[] = [];
  const others: string[] = [];
  const removed: string[] = [];
  /** Entry numbers of this package's regular files, by the path they were placed at. */
  const contents = new Map<string, number>();
  /** Entry numbers of all regular files by name; made when a hard link asks for one that was left out. */
  let firstNames: ReadonlyMap<string, number> | undefined;
  const excluded: Excluded[] = [];
  const conffiles = new Set(control.conffiles.map(({ path }) => path));
  let homeless: string | undefined;

  entries.forEach(place);
  // dpkg places symbolic links last, wherever they stand (tar_extractor in lib/dpkg/tarfn.c), and its list shows it.
  for (const { path } of entries.filter(({ type }) => type === 'symlink')) {
    const listed = `/${ownPath(path)}`;
    if (placed.paths.delete(listed)) placed.paths.add(listed);
  }
  return { placed, files, others, removed, homeless, excluded };

  function place(entry: PackageHead, number: number): void {
    const name = ownPath(entry.path);
    placed.paths.add(`/${name === '' ? '.' : name}`);
    const kind = entry.type === 'dir' || entry.type === 'symlink' ? entry.type : 'file';
    const rule = name === '' ? null : rules.exclusion(`/${name}`, kind);
    if (rule !== null) {
      excluded.push({ rule, bytes: entry.size });
      return;
    }
    if (entry.type === 'dir') {
      placeDirectory(name, entry);
      return;
    }
    const target = rules.diversions.pathFor(name, control.name);
    if (entry.type === 'symlink' && isDirectoryAlready(target, entry.link)) {
      placed.files++;
      return;
    }
    const original = rules.diversions.divertedTo(name);
    if (original !== undefined) {
      throw conflict(`\`/${name}\` of`, name, `it is the diverted \`/${original}\``);
    }
    if (!mayTake(name)) return;
    const conffile = conffiles.has(`/${name}`);
    for (const path of conffile ? conffilePaths(target) : [target]) placeFile(path, entry, number);
  }

  function placeDirectory(name: string, entry: PackageHead): void {
    if (rules.usr === 'merge' && ALIASED.has(name) && !tree.has(name)) {
      const real = `usr/${name}`;
      if (!tree.has(real)) addOther(real, entry);
      addOther(name, { ...entry, type: 'symlink', link: real, mode: 0o777 });
      return;
    }
    const path = resolveInTree(tree, name);
    const existing = tree.get(path);
    if (existing === undefined || existing === IMPLIED) {
      addOther(path, entry);
      return;
    }
    // The first package keeps its directory, and a link to a directory stays.
    if (existing.type === 'dir') return;
    const behind = tree.get(followInTree(tree, name));
    if (existing.type === 'symlink' && behind?.type === 'dir') return;
    throw conflict(`the directory \`/${name}\` of`, name, 'a file is there already');
  }

  /**
   * dpkg leaves a directory where a package ships a link of that name, and a link to the directory that the
   * package's own leads to: both packages have it, and neither replaces it.
   */
  function isDirectoryAlready(name: string, link: string): boolean {
    const path = resolveInTree(tree, name);
    const existing = tree.get(path);
    if (existing?.type !== 'symlink') return existing?.type === 'dir';
    const behind = followInTree(tree, path);
    if (tree.get(behind)?.type !== 'dir') return false;
    const own = link.startsWith('/') ? link : `${parentOf(path)}/${link}`;
    return followInTree(tree, own) === behind;
  }

  /** Whether this package may have the file, with the other owner's loss where it replaces it. */
  function mayTake(name: string): boolean {
    const diverter = rules.diversions.diverterOf(name);
    if (diverter === control.name) {
      placed.files++;
      return true;
    }
    const owner = owners.get(name);
    // Whoever diverts a name shares it with one other package.
    if (owner !== undefined && owner !== placed && owner.control.name !== diverter) {
      if (replaces(control, owner.control)) {
        owner.paths.delete(`/${name}`);
        owner.replaced++;
        owner.changed = true;
        takeConffile(name, owner);
      } else if (replaces(owner.control, control)) {
        placed.paths.delete(`/${name}`);
        if (conffiles.has(`/${name}`)) placed.lost.add(`/${name}`);
        return false;
      } else {
        const { name: other, version } = owner.control;
        throw conflict(`\`/${name}\` of`, name, `it is also in \`${other}\` ${version}`);
      }
    }
    owners.set(name, placed);
    placed.files++;
    return true;
  }

  /** dpkg marks a file that another's conffile replaces; one that a plain file replaces only stops waiting. */
  function takeConffile(name: string, owner: PlacedPackage): void {
    if (!owner.control.conffiles.some(({ path }) => path === `/${name}`)) return;
    if (conffiles.has(`/${name}`)) {
      owner.lost.add(`/${name}`);
      return;
    }
    const waiting = resolveInTree(tree, `${rules.diversions.pathFor(name, owner.control.name)}.dpkg-new`);
    if (tree.delete(waiting)) removed.push(waiting);
  }

  function conffilePaths(target: string): readonly string[] {
    if (rules.conffiles === 'final') return [target];
    return rules.conffiles === 'new' ? [`${target}.dpkg-new`] : [target, `${target}.dpkg-new`];
  }

  function placeFile(name: string, entry: PackageHead, number: number): void {
    const path = resolveInTree(tree, name);
    if (tree.get(path)?.type === 'dir') {
      throw new MkbaseError(
        'package/file-over-directory',
        `cannot place the file \`/${name}\` of \`${control.name}\`: a directory is there already`,
        { hint: 'leave out one of the packages that ship this path' },
      );
    }
    if (entry.type === 'file') addFile(path, entry, number);
    else if (entry.type === 'hardlink') placeHardlink(path, name, entry.link);
    else addOther(path, entry);
  }

  function placeHardlink(path: string, name: string, link: string): void {
    const target = ownPath(link);
    const linked = placedFile(path, resolveInTree(tree, rules.diversions.pathFor(target, control.name)));
    if (linked !== undefined) {
      if (linked === path) return;
      set(path, { ...planned.get(linked)!, type: 'hardlink', target: linked });
      others.push(path);
      return;
    }
    // The first name of the file was excluded: this one becomes the file.
    firstNames ??= firstNamesOf(entries);
    const first = firstNames.get(target);
    if (first === undefined) {
      throw new MkbaseError(
        'package/bad-hardlink',
        `the hard link \`/${name}\` of \`${control.name}\` leads to \`${link}\`, which the package does not have`,
        { hint: 'the package is broken or hostile; do not use it' },
      );
    }
    addFile(path, entries[first] as PackageHead, first);
  }

  /** Where this package's file is that `path` links to: a conffile waits under another name, as its link does. */
  function placedFile(path: string, target: string): string | undefined {
    const waiting = `${target}.dpkg-new`;
    const places = path.endsWith('.dpkg-new') ? [waiting, target] : [target, waiting];
    return places.find((place) => contents.has(place));
  }

  function addFile(path: string, entry: PackageHead, number: number): void {
    const meta = rules.overrides.apply(`/${path}`, metaOf(entry));
    const over = tree.has(path);
    set(path, { ...meta, type: 'file', size: entry.size });
    contents.set(path, number);
    files.push({ ...meta, entry: number, path, over });
  }

  function set(path: string, entry: Entry): void {
    for (let above = parentOf(path); above !== '' && !tree.has(above); above = parentOf(above)) {
      tree.set(above, IMPLIED);
      if (!placed.paths.has(`/${above}`)) homeless ??= path;
    }
    tree.set(path, entry);
    planned.set(path, entry);
  }

  function addOther(path: string, entry: PackageHead): void {
    const meta = rules.overrides.apply(`/${path}`, metaOf(entry));
    set(path, treeEntry({ ...entry, ...meta }));
    others.push(path);
  }

  function metaOf({ mode, mtime, xattrs, ...head }: PackageHead): EntryMeta {
    const meta = { mode, uid: rules.ids.uid(head), gid: rules.ids.gid(head), mtime };
    return xattrs === undefined ? meta : { ...meta, xattrs };
  }

  function conflict(what: string, name: string, why: string): MkbaseError {
    return new MkbaseError('package/file-conflict', `cannot place ${what} \`${control.name}\`: ${why}`, {
      hint: `leave out one of the two packages, or exclude the file: \`--exclude-path=/${name}\``,
    });
  }
}
