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
  return new PackagePlacement(state, control, entries, rules).run();
}

class PackagePlacement {
  readonly #state: Placed;
  readonly #entries: readonly PackageHead[];
  readonly #rules: PlacementRules;
  readonly #placed: PlacedPackage;
  readonly #conffiles: ReadonlySet<string>;
  readonly #files: FileTask[] = [];
  readonly #others: string[] = [];
  readonly #removed: string[] = [];
  readonly #excluded: Excluded[] = [];
  /** Entry numbers of this package's regular files, by the path they were placed at. */
  readonly #contents = new Map<string, number>();
  /** Entry numbers of all regular files by name; made when a hard link asks for one that was left out. */
  #firstNames: ReadonlyMap<string, number> | undefined;
  #homeless: string | undefined;

  constructor(state: Placed, control: Control, entries: readonly PackageHead[], rules: PlacementRules) {
    this.#state = state;
    this.#entries = entries;
    this.#rules = rules;
    this.#placed = { control, paths: new Set(), files: 0, replaced: 0, changed: false, lost: new Set() };
    this.#conffiles = new Set(control.conffiles.map(({ path }) => path));
  }

  run(): Placement {
    for (const [number, entry] of this.#entries.entries()) this.#place(entry, number);
    const { paths } = this.#placed;
    // dpkg places symbolic links last, wherever they stand (tar_extractor in lib/dpkg/tarfn.c), and its list shows it.
    for (const { path } of this.#entries.filter(({ type }) => type === 'symlink')) {
      const listed = `/${ownPath(path)}`;
      if (paths.delete(listed)) paths.add(listed);
    }
    const placed = this.#placed;
    const [files, others, removed] = [this.#files, this.#others, this.#removed];
    return { placed, files, others, removed, homeless: this.#homeless, excluded: this.#excluded };
  }

  #place(entry: PackageHead, number: number): void {
    const name = ownPath(entry.path);
    this.#placed.paths.add(`/${name === '' ? '.' : name}`);
    const kind = entry.type === 'dir' || entry.type === 'symlink' ? entry.type : 'file';
    const rule = name === '' ? null : this.#rules.exclusion(`/${name}`, kind);
    if (rule !== null) {
      this.#excluded.push({ rule, bytes: entry.size });
      return;
    }
    if (entry.type === 'dir') {
      this.#placeDirectory(name, entry);
      return;
    }
    const target = this.#rules.diversions.pathFor(name, this.#placed.control.name);
    if (entry.type === 'symlink' && this.#isDirectoryAlready(target, entry.link)) {
      this.#placed.files++;
      return;
    }
    const original = this.#rules.diversions.divertedTo(name);
    if (original !== undefined) {
      throw this.#conflict(`\`/${name}\` of`, name, `it is the diverted \`/${original}\``);
    }
    if (!this.#mayTake(name)) return;
    const conffile = this.#conffiles.has(`/${name}`);
    for (const path of conffile ? this.#conffilePaths(target) : [target])
      this.#placeFile(path, entry, number);
  }

  #placeDirectory(name: string, entry: PackageHead): void {
    if (this.#rules.usr === 'merge' && ALIASED.has(name) && !this.#state.tree.has(name)) {
      const real = `usr/${name}`;
      if (!this.#state.tree.has(real)) this.#addOther(real, entry);
      this.#addOther(name, { ...entry, type: 'symlink', link: real, mode: 0o777 });
      return;
    }
    const path = resolveInTree(this.#state.tree, name);
    const existing = this.#state.tree.get(path);
    if (existing === undefined || existing === IMPLIED) {
      this.#addOther(path, entry);
      return;
    }
    // The first package keeps its directory, and a link to a directory stays.
    if (existing.type === 'dir') return;
    const behind = this.#state.tree.get(followInTree(this.#state.tree, name));
    if (existing.type === 'symlink' && behind?.type === 'dir') return;
    throw this.#conflict(`the directory \`/${name}\` of`, name, 'a file is there already');
  }

  /**
   * dpkg leaves a directory where a package ships a link of that name, and a link to the directory that the
   * package's own leads to: both packages have it, and neither replaces it.
   */
  #isDirectoryAlready(name: string, link: string): boolean {
    const path = resolveInTree(this.#state.tree, name);
    const existing = this.#state.tree.get(path);
    if (existing?.type !== 'symlink') return existing?.type === 'dir';
    const behind = followInTree(this.#state.tree, path);
    if (this.#state.tree.get(behind)?.type !== 'dir') return false;
    const own = link.startsWith('/') ? link : `${parentOf(path)}/${link}`;
    return followInTree(this.#state.tree, own) === behind;
  }

  /** Whether this package may have the file, with the other owner's loss where it replaces it. */
  #mayTake(name: string): boolean {
    const diverter = this.#rules.diversions.diverterOf(name);
    if (diverter === this.#placed.control.name) {
      this.#placed.files++;
      return true;
    }
    const owner = this.#state.owners.get(name);
    // Whoever diverts a name shares it with one other package.
    if (owner !== undefined && owner !== this.#placed && owner.control.name !== diverter) {
      if (replaces(this.#placed.control, owner.control)) {
        owner.paths.delete(`/${name}`);
        owner.replaced++;
        owner.changed = true;
        this.#takeConffile(name, owner);
      } else if (replaces(owner.control, this.#placed.control)) {
        this.#placed.paths.delete(`/${name}`);
        if (this.#conffiles.has(`/${name}`)) this.#placed.lost.add(`/${name}`);
        return false;
      } else {
        const { name: other, version } = owner.control;
        throw this.#conflict(`\`/${name}\` of`, name, `it is also in \`${other}\` ${version}`);
      }
    }
    this.#state.owners.set(name, this.#placed);
    this.#placed.files++;
    return true;
  }

  /** dpkg marks a file that another's conffile replaces; one that a plain file replaces only stops waiting. */
  #takeConffile(name: string, owner: PlacedPackage): void {
    if (!owner.control.conffiles.some(({ path }) => path === `/${name}`)) return;
    if (this.#conffiles.has(`/${name}`)) {
      owner.lost.add(`/${name}`);
      return;
    }
    const waiting = resolveInTree(
      this.#state.tree,
      `${this.#rules.diversions.pathFor(name, owner.control.name)}.dpkg-new`,
    );
    if (this.#state.tree.delete(waiting)) this.#removed.push(waiting);
  }

  #conffilePaths(target: string): readonly string[] {
    if (this.#rules.conffiles === 'final') return [target];
    return this.#rules.conffiles === 'new' ? [`${target}.dpkg-new`] : [target, `${target}.dpkg-new`];
  }

  #placeFile(name: string, entry: PackageHead, number: number): void {
    const path = resolveInTree(this.#state.tree, name);
    if (this.#state.tree.get(path)?.type === 'dir') {
      throw new MkbaseError(
        'package/file-over-directory',
        `cannot place the file \`/${name}\` of \`${this.#placed.control.name}\`: a directory is there already`,
        { hint: 'leave out one of the packages that ship this path' },
      );
    }
    if (entry.type === 'file') this.#addFile(path, entry, number);
    else if (entry.type === 'hardlink') this.#placeHardlink(path, name, entry.link);
    else this.#addOther(path, entry);
  }

  #placeHardlink(path: string, name: string, link: string): void {
    const target = ownPath(link);
    const linked = this.#placedFile(
      path,
      resolveInTree(this.#state.tree, this.#rules.diversions.pathFor(target, this.#placed.control.name)),
    );
    if (linked !== undefined) {
      if (linked === path) return;
      this.#set(path, { ...this.#state.planned.get(linked)!, type: 'hardlink', target: linked });
      this.#others.push(path);
      return;
    }
    // The first name of the file was excluded: this one becomes the file.
    this.#firstNames ??= firstNamesOf(this.#entries);
    const first = this.#firstNames.get(target);
    if (first === undefined) {
      throw new MkbaseError(
        'package/bad-hardlink',
        `the hard link \`/${name}\` of \`${this.#placed.control.name}\` leads to \`${link}\`, which the package does not have`,
        { hint: 'the package is broken or hostile; do not use it' },
      );
    }
    this.#addFile(path, this.#entries[first] as PackageHead, first);
  }

  /** Where this package's file is that `path` links to: a conffile waits under another name, as its link does. */
  #placedFile(path: string, target: string): string | undefined {
    const waiting = `${target}.dpkg-new`;
    const places = path.endsWith('.dpkg-new') ? [waiting, target] : [target, waiting];
    return places.find((place) => this.#contents.has(place));
  }

  #addFile(path: string, entry: PackageHead, number: number): void {
    const meta = this.#rules.overrides.apply(`/${path}`, this.#metaOf(entry));
    const over = this.#state.tree.has(path);
    this.#set(path, { ...meta, type: 'file', size: entry.size });
    this.#contents.set(path, number);
    this.#files.push({ ...meta, entry: number, path, over });
  }

  #set(path: string, entry: Entry): void {
    for (let above = parentOf(path); above !== '' && !this.#state.tree.has(above); above = parentOf(above)) {
      this.#state.tree.set(above, IMPLIED);
      if (!this.#placed.paths.has(`/${above}`)) this.#homeless ??= path;
    }
    this.#state.tree.set(path, entry);
    this.#state.planned.set(path, entry);
  }

  #addOther(path: string, entry: PackageHead): void {
    const meta = this.#rules.overrides.apply(`/${path}`, this.#metaOf(entry));
    this.#set(path, treeEntry({ ...entry, ...meta }));
    this.#others.push(path);
  }

  #metaOf({ mode, mtime, xattrs, ...head }: PackageHead): EntryMeta {
    const meta = { mode, uid: this.#rules.ids.uid(head), gid: this.#rules.ids.gid(head), mtime };
    return xattrs === undefined ? meta : { ...meta, xattrs };
  }

  #conflict(what: string, name: string, why: string): MkbaseError {
    return new MkbaseError(
      'package/file-conflict',
      `cannot place ${what} \`${this.#placed.control.name}\`: ${why}`,
      {
        hint: `leave out one of the two packages, or exclude the file: \`--exclude-path=/${name}\``,
      },
    );
  }
}
