/** Where a dynamic linker looks for libraries, ld.so(8) and ldconfig(8). */
import { compileGlob } from '../formats/glob.ts';
import { withoutEnd } from '../formats/line-end.ts';
import { type FileView, readText } from './file-view.ts';

/** GNU's names of Debian's architectures, which are the directories of their libraries. */
const TRIPLETS: Readonly<Record<string, string>> = {
  amd64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
  armel: 'arm-linux-gnueabi',
  armhf: 'arm-linux-gnueabihf',
  i386: 'i386-linux-gnu',
  loong64: 'loongarch64-linux-gnu',
  mips64el: 'mips64el-linux-gnuabi64',
  mipsel: 'mipsel-linux-gnu',
  powerpc: 'powerpc-linux-gnu',
  ppc64el: 'powerpc64le-linux-gnu',
  riscv64: 'riscv64-linux-gnu',
  s390x: 's390x-linux-gnu',
};

export interface SearchPath {
  /** The directories of ld.so.conf(5), whose contents a real system finds by its cache. */
  readonly configured: readonly string[];
  /** The directories built into the dynamic linker: without a cache it searches only these. */
  readonly builtIn: readonly string[];
}

/** That of the dynamic linker `interpreter`, in a system. */
export function searchPath(interpreter: string, arch: string, view: FileView): SearchPath {
  const musl = /\/ld-musl-([^/]+)\.so\.1$/.exec(interpreter)?.[1];
  if (musl !== undefined) return muslPath(musl, view);
  const triplet = TRIPLETS[arch] ?? arch;
  return {
    configured: [...new Set(configuredIn('/etc/ld.so.conf', view, 0))],
    builtIn: [`/lib/${triplet}`, `/usr/lib/${triplet}`, '/lib', '/usr/lib', '/lib64', '/usr/lib64'],
  };
}

function muslPath(arch: string, view: FileView): SearchPath {
  const text = textAt(`/etc/ld-musl-${arch}.path`, view);
  const builtIn = text?.split(/[:\n]/).filter((directory) => directory.startsWith('/'));
  return { configured: [], builtIn: builtIn ?? ['/lib', '/usr/local/lib', '/usr/lib'] };
}

/** Files that include themselves end somewhere. */
const MAX_DEPTH = 8;

function configuredIn(file: string, view: FileView, depth: number): string[] {
  const lines = textAt(file, view)?.split('\n') ?? [];
  return lines.flatMap((line) => {
    const words = line.replace(/#.*/, '').trim();
    const [, pattern] = /^include\s+(.+)$/.exec(words) ?? [];
    if (pattern === undefined) return words.startsWith('/') ? [directoryOf(words)] : [];
    if (depth >= MAX_DEPTH) return [];
    return matching(pattern.startsWith('/') ? pattern : `/etc/${pattern}`, view).flatMap((included) =>
      configuredIn(included, view, depth + 1),
    );
  });
}

/** The directory of a line, without the kind of library that may follow it: `/lib=libc5`. */
function directoryOf(line: string): string {
  const [directory = ''] = line.split('=', 1);
  return withoutEnd(directory.trimEnd(), '/');
}

/** Files that a pattern names whose last part alone has stars. */
function matching(pattern: string, view: FileView): string[] {
  const slash = pattern.lastIndexOf('/');
  const [directory, name] = [pattern.slice(0, slash), pattern.slice(slash + 1)];
  const glob = compileGlob(name);
  return view
    .list(directory)
    .filter((one) => glob.test(one) && !one.startsWith('.'))
    .toSorted()
    .map((one) => `${directory}/${one}`);
}

function textAt(path: string, view: FileView): string | null {
  const found = view.follow(path);
  return found?.kind === 'file' ? readText(view, found.real) : null;
}

/** A directory of RPATH or RUNPATH with its tokens replaced, ld.so(8), "Dynamic string tokens". */
export function expandTokens(directory: string, { origin, arch }: { origin: string; arch: string }): string {
  const triplet = TRIPLETS[arch] ?? arch;
  const values: Readonly<Record<string, string>> = {
    ORIGIN: origin,
    LIB: `lib/${triplet}`,
    PLATFORM: triplet.slice(0, triplet.indexOf('-')),
  };
  return directory.replace(
    /\$(?:\{(ORIGIN|LIB|PLATFORM)\}|(ORIGIN|LIB|PLATFORM)(?![A-Za-z0-9_]))/g,
    (_, braced: string | undefined, plain: string | undefined) => values[braced ?? plain ?? ''] ?? '',
  );
}
