/** The shared libraries of an image's programs: this machine's, or those of signed packages. */
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { MkbaseError, quoted } from '../errors.ts';
import type { LibrarySources, TakenPackage } from '../families/family.ts';
import type { LockedProgram } from '../lock/lock.ts';
import type { FileView } from '../programs/file-view.ts';
import { hostView } from '../programs/host-view.ts';
import {
  type Closure,
  findLibraries,
  type Library,
  type MissingLibrary,
  type OutdatedLibrary,
} from '../programs/libraries.ts';
import { resolveInTree } from '../rootfs/tree-path.ts';
import { type Contents, contentsView, emptyContents, putFile, putPackaged } from './contents.ts';
import type { GivenProgram } from './given-program.ts';
import type { Pool } from './packages.ts';

/** Libraries, and where their content is. */
export interface Collected {
  readonly libraries: readonly Library[];
  readonly view: FileView;
  /** By the real path of a library, where packages have them. */
  readonly owners: ReadonlyMap<string, string>;
  /** Paths of name services that the programs may open while they run. */
  readonly nameServices: readonly string[];
}

/**
 * Those of this machine, as its own dynamic linker would find them.
 *
 * @throws MkbaseError `binary/missing-library`, `binary/outdated-library`
 */
export function collectFromHost(programs: readonly GivenProgram[]): Collected {
  const view = hostView();
  const { libraries, missing, outdated, nameServices } = closureOf(programs, view);
  if (missing.length > 0) throw missingLibraries(missing, 'this machine does not have');
  if (outdated.length > 0) throw outdatedLibraries(outdated, 'of this machine');
  return { libraries, view, owners: new Map(), nameServices };
}

export interface PackagedOptions extends LibrarySources {
  /** Packages that are wanted for other reasons. */
  readonly include: readonly string[];
  readonly openPool: (include: readonly string[]) => Promise<Pool>;
  readonly suite: string;
  /** Whether /bin and /lib are links into /usr. */
  readonly mergesUsr: boolean;
}

/**
 * The libraries from packages: each package with a missing library is opened, until none is missing. Libraries of
 * libraries are found in the same way, not through the packages' dependencies.
 *
 * @throws MkbaseError `binary/missing-library`, `binary/outdated-library`
 */
export async function collectFromPackages(
  programs: readonly GivenProgram[],
  { include, sourcesOf, openPool, opens, suite, mergesUsr }: PackagedOptions,
): Promise<{ readonly collected: Collected; readonly pool: Pool }> {
  const store: PackagedFiles = { contents: emptyContents(), owners: new Map(), mergesUsr };
  const view = contentsView(store.contents);
  const tried = new Set<string>();
  let wanted = [...include, ...firstNames(programs).flatMap((name) => sourcesOf(name).slice(0, 1))];
  let pool = await openPool([...new Set(wanted)]);
  for (;;) {
    for (const one of await pool.open(opens === 'all' ? [...pool.names] : [...tried])) unpack(one, store);
    const { missing, outdated, ...found } = closureOf(programs, view);
    if (missing.length === 0 && outdated.length > 0) throw outdatedLibraries(outdated, `of \`${suite}\``);
    if (missing.length === 0) return { pool, collected: { ...found, view, owners: store.owners } };
    const next = missing
      .flatMap(({ name }) => chosenSource(sourcesOf(posix.basename(name)), pool))
      .filter((name) => !tried.has(name));
    if (next.length === 0) throw missingLibraries(missing, `no package of \`${suite}\` has`);
    for (const name of next) tried.add(name);
    if (next.every((name) => pool.names.has(name))) continue;
    // A new pool has nothing opened yet.
    wanted = [...wanted, ...next];
    pool = await openPool([...new Set(wanted)]);
  }
}

/** Puts the libraries into a scratch image. The Lock gets each library of this machine by its content. */
export function putLibraries(
  contents: Contents,
  { libraries, view, owners }: Omit<Collected, 'nameServices'>,
): LockedProgram[] {
  const locked: LockedProgram[] = [];
  // As found, with the links on the way; a library found by a program's own place must be below its new one. Links
  // come first: a file below /lib for one library is below /usr/lib where another's link says so.
  for (const { at, place, followed } of libraries) {
    if (at === place) for (const [link, target] of followed.links) putLink(contents, link.slice(1), target);
  }
  for (const { at, place, followed } of libraries) {
    const { real } = followed;
    const body = view.read(real);
    const path = resolveInTree(contents.tree, (at === place ? real : place).slice(1));
    if (contents.bodies.has(path)) continue;
    putFile(contents, path, body);
    contents.tree.set(path, { ...contents.tree.get(path)!, mode: 0o755 });
    if (!owners.has(real)) {
      locked.push({ path, size: body.length, sha256: createHash('sha256').update(body).digest('hex') });
    }
  }
  return locked;
}

function putLink({ tree }: Contents, path: string, target: string): void {
  if (tree.has(path)) return;
  tree.set(path, { type: 'symlink', target, mode: 0o777, uid: 0, gid: 0, mtime: 0 });
}

function closureOf(programs: readonly GivenProgram[], view: FileView): Closure {
  const closures = programs.flatMap(({ program, real, destination }) => {
    if (program.kind === 'script') return [];
    return [findLibraries({ ...program, at: real, place: destination }, view)];
  });
  return {
    libraries: closures.flatMap(({ libraries }) => libraries),
    missing: closures.flatMap(({ missing }) => missing),
    outdated: closures.flatMap(({ outdated }) => outdated),
    nameServices: [...new Set(closures.flatMap(({ nameServices }) => nameServices))],
  };
}

/** The libraries that the programs name themselves; those libraries' dependencies bring the rest. */
function firstNames(programs: readonly GivenProgram[]): string[] {
  return programs.flatMap(({ program }) => {
    if (program.kind === 'script' || program.elf.interpreter === null) return [];
    return [posix.basename(program.elf.interpreter), ...program.elf.needed];
  });
}

/** The package that is planned already, else the first. */
function chosenSource(sources: readonly string[], pool: Pool): readonly string[] {
  return [sources.find((one) => pool.names.has(one)) ?? sources[0] ?? []].flat();
}

interface PackagedFiles {
  readonly contents: Contents;
  readonly owners: Map<string, string>;
  readonly mergesUsr: boolean;
}

function unpack({ locked, entries }: TakenPackage, { contents, owners, mergesUsr }: PackagedFiles): void {
  const own = emptyContents();
  const wanted = (path: string) =>
    /\.so(\.|$)/.test(path.slice(path.lastIndexOf('/') + 1)) || /^etc\/ld\.so\.conf\.d\/[^/]+$/.test(path);
  putPackaged(own, entries, { wanted, mergesUsr });
  for (const path of own.bodies.keys()) owners.set(`/${path}`, locked.name);
  for (const [path, entry] of own.tree) contents.tree.set(path, entry);
  for (const [path, body] of own.bodies) contents.bodies.set(path, body);
}

function missingLibraries(missing: readonly MissingLibrary[], whose: string): MkbaseError {
  const [first] = missing;
  const { name, neededBy } = first!;
  return new MkbaseError(
    'binary/missing-library',
    `${quoted(neededBy)} needs the library ${quoted(name)}, which ${whose}`,
    {
      hint: 'take libraries from the suite that it was built for, with `--with-libs --from SUITE`, or link it statically',
      details: missing.slice(1).map((one) => `${one.neededBy} needs ${one.name}`),
    },
  );
}

function outdatedLibraries(outdated: readonly OutdatedLibrary[], whose: string): MkbaseError {
  const [first] = outdated;
  const { name, version, neededBy } = first!;
  return new MkbaseError(
    'binary/outdated-library',
    `${quoted(neededBy)} needs ${quoted(version)}, which the ${quoted(name)} ${whose} does not have`,
    {
      hint: 'take libraries from the suite that it was built for, or a later one, with `--with-libs --from SUITE`',
      details: outdated.slice(1).map((one) => `${one.neededBy} needs ${one.version} of ${one.name}`),
    },
  );
}
