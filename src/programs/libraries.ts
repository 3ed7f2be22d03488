/** The shared libraries that a program is started with, found as its dynamic linker finds them. Nothing is run. */
import { posix } from 'node:path';
import { type Elf, isElf, readElf } from '../formats/elf.ts';
import { type FileView, type Followed, readBinary } from './file-view.ts';
import { expandTokens, type SearchPath, searchPath } from './search-path.ts';

/** A program to be looked at in a system, and where it is to be started. */
export interface Start {
  readonly elf: Elf;
  /** Debian's name. */
  readonly arch: string;
  /** Absolute path where it lies in the system. */
  readonly at: string;
  /** The absolute path that it will have: `$ORIGIN` means its directory. */
  readonly place: string;
}

export interface Library {
  /** As it is asked for: `libc.so.6`; of the dynamic linker its path. */
  readonly name: string;
  /** Where it was found. */
  readonly at: string;
  /** Where it must be for the program to find it at its place. */
  readonly place: string;
  readonly followed: Followed;
}

export interface Closure {
  /** In the order in which they would be loaded; the dynamic linker is the first. */
  readonly libraries: readonly Library[];
  readonly missing: readonly MissingLibrary[];
  /** Libraries that are there and too old. */
  readonly outdated: readonly OutdatedLibrary[];
  /** Paths of the name services' libraries that it may open while it runs, whether they are there or not. */
  readonly nameServices: readonly string[];
}

/** A library without a version of its symbols that a file asks for. */
export interface OutdatedLibrary {
  readonly name: string;
  /** `GLIBC_2.38` */
  readonly version: string;
  readonly neededBy: string;
}

export interface MissingLibrary {
  readonly name: string;
  /** The file that asks for it. */
  readonly neededBy: string;
}

/**
 * The libraries that `ldd` would show, by RPATH, RUNPATH, `$ORIGIN`, ld.so.conf(5) and the built-in directories of
 * glibc's and musl's linkers. Libraries that the program loads while it runs (dlopen) are not included.
 */
export function findLibraries(start: Start, view: FileView): Closure {
  const { interpreter } = start.elf;
  if (interpreter === null) return NOTHING;
  const search = searchPath(interpreter, start.arch, view);
  const program: Loaded = { elf: start.elf, at: start.at, place: start.place, loader: null };
  const linker = openLibrary(
    interpreter,
    { name: interpreter, place: interpreter, loader: program },
    { start, view },
  );
  if (linker === null) return { ...NOTHING, missing: [{ name: interpreter, neededBy: start.at }] };

  const libraries: LoadedLibrary[] = [linker];
  const missing: MissingLibrary[] = [];
  const names = new Set([posix.basename(interpreter), ...namesIn(linker)]);
  const queue: Loaded[] = [program];
  for (const loader of queue) {
    for (const name of loader.elf.needed) {
      if (names.has(name) || missing.some((one) => one.name === name) || isMuslsOwn(name, interpreter))
        continue;
      const found = locate(name, loader, { start, view, search });
      if (found === null) {
        missing.push({ name, neededBy: loader.at });
        continue;
      }
      names.add(name);
      for (const own of namesIn(found)) names.add(own);
      if (libraries.some(({ followed }) => followed.real === found.followed.real)) continue;
      libraries.push(found);
      queue.push(found);
    }
  }
  return {
    libraries,
    missing,
    outdated: [program, ...libraries].flatMap((one) => outdatedFor(one, libraries)),
    nameServices: nameServicesOf([program, ...libraries]),
  };
}

const NOTHING: Closure = { libraries: [], missing: [], outdated: [], nameServices: [] };

/** Functions of glibc that ask name services, nsswitch.conf(5). */
const ASKING = ['getaddrinfo', 'gethostbyname', 'getpwnam', 'getpwuid', 'getgrnam', 'getgrgid', 'getpwent'];

/** Until 2.33 glibc opens those of files and of DNS by name; since then they are in it. */
function nameServicesOf(loaded: readonly (Loaded & Partial<Library>)[]): readonly string[] {
  const libc = loaded.find(({ name, elf }) => name === 'libc.so.6' || elf.soname === 'libc.so.6');
  if (libc === undefined || libc.elf.versions.includes('GLIBC_2.34')) return [];
  const isGlibc = libc.elf.versions.some((version) => version.startsWith('GLIBC_'));
  const asks = loaded.some((one) => one !== libc && ASKING.some((name) => one.elf.namesSymbol(name)));
  if (!isGlibc || !asks) return [];
  return ['libnss_files.so.2', 'libnss_dns.so.2'].map((name) => posix.join(posix.dirname(libc.place), name));
}

/** The dynamic linker does not check versions of a library that defines none. */
function outdatedFor({ elf, at }: Loaded, libraries: readonly LoadedLibrary[]): OutdatedLibrary[] {
  return elf.versionNeeds.flatMap(({ file, versions }) => {
    const library = libraries.find((one) =>
      [one.name, one.elf.soname, posix.basename(one.at)].includes(file),
    );
    const has = library?.elf.versions ?? [];
    if (has.length === 0) return [];
    return versions
      .filter((version) => !has.includes(version))
      .map((version) => ({ name: file, version, neededBy: at }));
  });
}

/** One file in the order of loading, and who asked for it: RPATH is inherited. */
interface Loaded {
  readonly elf: Elf;
  readonly at: string;
  readonly place: string;
  readonly loader: Loaded | null;
}

type LoadedLibrary = Loaded & Library;

interface LibraryContext {
  readonly start: Start;
  readonly view: FileView;
}

/** musl's linker is its C library, under every name that it has. */
function isMuslsOwn(name: string, interpreter: string): boolean {
  return interpreter.includes('/ld-musl-') && /^libc\.(so|musl-[^/]+\.so\.1)$/.test(name);
}

function namesIn({ elf }: Loaded): readonly string[] {
  return elf.soname === null ? [] : [elf.soname];
}

function locate(
  name: string,
  loader: Loaded,
  means: LibraryContext & { readonly search: SearchPath },
): LoadedLibrary | null {
  if (name.includes('/')) return openLibrary(name, { name, place: name, loader }, means);
  for (const [directory, place] of directoriesFor(loader, means)) {
    const found = openLibrary(
      posix.join(directory, name),
      { name, place: posix.join(place, name), loader },
      means,
    );
    if (found !== null) return found;
  }
  return null;
}

/** Where the library is looked for, and where it would have to be for the program at its place. */
function* directoriesFor(
  loader: Loaded,
  { start: { arch }, search }: LibraryContext & { readonly search: SearchPath },
): Generator<readonly [directory: string, place: string]> {
  const expanded = (directories: readonly string[], { at, place }: Loaded) =>
    directories.map((directory) =>
      [at, place].map((path) =>
        posix.normalize(expandTokens(directory, { origin: posix.dirname(path), arch })),
      ),
    ) as [string, string][];
  if (loader.elf.runpath.length === 0) {
    for (let one: Loaded | null = loader; one !== null; one = one.loader) {
      if (one.elf.runpath.length === 0) yield* expanded(one.elf.rpath, one);
    }
  }
  yield* expanded(loader.elf.runpath, loader);
  const { configured, builtIn } = search;
  for (const directory of configured) {
    const isBuiltIn = builtIn.includes(directory);
    if (isBuiltIn && loader.elf.skipsDefaults) continue;
    // The image has no cache of ld.so.conf's directories.
    yield [directory, isBuiltIn ? directory : builtIn[0]!];
  }
  if (loader.elf.skipsDefaults) return;
  for (const directory of builtIn) yield [directory, directory];
}

/** Null where it is not there, or is for another machine: then the linker looks further. */
function openLibrary(
  path: string,
  { name, place, loader }: { readonly name: string; readonly place: string; readonly loader: Loaded },
  { start, view }: LibraryContext,
): LoadedLibrary | null {
  const followed = view.follow(path);
  if (followed?.kind !== 'file') return null;
  const bytes = readBinary(view, followed.real);
  if (!isElf(bytes)) return null;
  const elf = readElf(bytes);
  const { machine, bits, isLittleEndian } = start.elf;
  if (elf.machine !== machine || elf.bits !== bits || elf.isLittleEndian !== isLittleEndian) return null;
  return { name, at: path, place, followed, elf, loader };
}
