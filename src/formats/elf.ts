/** Executables and shared libraries, elf(5), as far as their start depends on it. Nothing is run. */
import { type Dynamic, readDynamic } from './elf-dynamic.ts';
import { type Header, readHeader, readInterpreter, readSegments } from './elf-header.ts';

import type { VersionNeed } from './elf-versions.ts';

export { isElf } from './elf-header.ts';

/**
 * `static`: starts by itself at a fixed address; `static-pie`: the same at any address; `dynamic`: needs
 * its interpreter; `library`: a shared object that is loaded and not started; `other`: object files and
 * core dumps.
 */
export type ElfKind = 'static' | 'static-pie' | 'dynamic' | 'library' | 'other';

export interface Elf {
  readonly kind: ElfKind;
  /** `e_machine`: 62 is x86-64. */
  readonly machine: number;
  readonly bits: 32 | 64;
  readonly isLittleEndian: boolean;
  /** `e_flags`, whose meaning depends on the machine. */
  readonly flags: number;
  /** `EI_OSABI`: 0 and 3 are Linux's. */
  readonly osAbi: number;
  /** The dynamic linker that it asks for, a path. Texts are binary strings. */
  readonly interpreter: string | null;
  readonly soname: string | null;
  /** `DT_NEEDED` in order. */
  readonly needed: readonly string[];
  /** Directories of `DT_RPATH` and `DT_RUNPATH` as they are: `$ORIGIN` is not replaced. */
  readonly rpath: readonly string[];
  readonly runpath: readonly string[];
  /** `DF_1_NODEFLIB`: the dynamic linker's own directories do not count. */
  readonly skipsDefaults: boolean;
  /** Versions of symbols without which it does not start, by library. */
  readonly versionNeeds: readonly VersionNeed[];
  /** Versions of symbols that it has; none where it has symbols without versions. */
  readonly versions: readonly string[];
  /** Whether a symbol of this name is imported or exported. */
  readonly namesSymbol: (name: string) => boolean;
}

/**
 * Reads the header, the program headers and the dynamic section; sections are not looked at, as no
 * loader does. Work and memory are bounded by the size of `bytes`, whatever the headers claim.
 *
 * @throws MkbaseError `binary/bad-elf`: no ELF, headers that contradict the file, a file cut short
 */
export function readElf(bytes: Buffer): Elf {
  const header = readHeader(bytes);
  const segments = readSegments(bytes, header);
  const dynamic = readDynamic(bytes, header, segments);
  const interpreter = readInterpreter(bytes, segments);
  const { machine, flags, osAbi, bits, isLittleEndian } = header;
  const { soname, needed, rpath, runpath, flags1, versionNeeds, versions, namesSymbol } = dynamic;
  return {
    ...{ kind: kindOf(header, dynamic, interpreter), machine, bits, isLittleEndian, flags, osAbi },
    ...{ interpreter, soname, needed, rpath, runpath, versionNeeds, versions, namesSymbol },
    skipsDefaults: (flags1 & DF_1_NODEFLIB) !== 0,
  };
}

const ET_EXEC = 2;
const ET_DYN = 3;
const DF_1_PIE = 0x0800_0000;
const DF_1_NODEFLIB = 0x800;

/**
 * Position-independent executables are shared objects by type. Linkers mark them since 2015; before that
 * only what is started has the debugger's entry. libc.so.6 has an interpreter too, and a name of its own.
 */
function kindOf(
  { type }: Header,
  { flags1, isDebuggable, soname }: Dynamic,
  interpreter: string | null,
): ElfKind {
  if (type === ET_EXEC) return interpreter === null ? 'static' : 'dynamic';
  if (type !== ET_DYN) return 'other';
  const isProgram = (flags1 & DF_1_PIE) !== 0 || (isDebuggable && soname === null);
  if (!isProgram && (interpreter === null || soname !== null)) return 'library';
  return interpreter === null ? 'static-pie' : 'dynamic';
}
