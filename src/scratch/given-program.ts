import { readFile, realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Addition, parseAddition } from '../additions/addition.ts';
import { MkbaseError, quoted, reasonOf } from '../errors.ts';
import { type Program, readProgram } from '../programs/program.ts';

/** A program of this machine for an image. */
export interface GivenProgram {
  readonly source: string;
  /** Where it really lies, links followed: `$ORIGIN` is the folder of that, proc(5), `/proc/PID/exe`. */
  readonly real: string;
  /** Absolute path in the image. */
  readonly destination: string;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly program: Program;
  readonly bytes: Buffer;
}

/**
 * `PATH`, which becomes `/NAME`, or PATH:DST[:mode[:uid:gid]] as for `--add`.
 *
 * @throws MkbaseError `usage/bad-addition`
 */
export function parseProgram(text: string): Addition {
  if (text.includes(':/')) return parseAddition(text);
  return { source: text, destination: `/${basename(text)}`, mode: null, uid: 0, gid: 0 };
}

/** @throws MkbaseError `binary/unreadable`, and what readProgram gives */
export async function readGivenProgram(addition: Addition): Promise<GivenProgram> {
  const { source, destination, mode, uid, gid } = addition;
  const bytes = await readSource(source);
  const real = await realpath(source);
  return {
    ...{ source, real, uid, gid, bytes },
    destination: destination.endsWith('/') ? `${destination}${basename(source)}` : destination,
    mode: mode ?? 0o755,
    program: readProgram(bytes, source),
  };
}

async function readSource(source: string): Promise<Buffer> {
  try {
    return await readFile(source);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT' ? 'there is none' : code === 'EISDIR' ? 'it is a folder' : reasonOf(cause);
    throw new MkbaseError('binary/unreadable', `cannot read the program ${quoted(source)}: ${reason}`, {
      hint: 'name programs, and the TARGET last; `--add` takes folders',
      cause,
    });
  }
}

/** Programs of one image. */
export interface ProgramSet {
  /** Debian's name. */
  readonly arch: string;
  readonly programs: readonly GivenProgram[];
}

/**
 * The programs by architecture, in the order of their first; scripts go into every image. Where there
 * are several, `app-amd64` and `app-arm64` are both `app`, so that one entrypoint serves all.
 *
 * @throws MkbaseError `binary/wrong-architecture`: none of those in `asked`, or there is none for one
 */
export function byArchitecture(
  programs: readonly GivenProgram[],
  { asked, host }: { readonly asked: readonly string[]; readonly host: string },
): readonly ProgramSet[] {
  const found = [...new Set(programs.flatMap((given) => archOf(given) ?? []))];
  const arches = asked.length > 0 ? asked : found.length > 0 ? found : [host];
  const stray = programs.find((given) => !arches.includes(archOf(given) ?? arches[0]!));
  if (stray !== undefined) throw wrongArchitecture(stray, arches);
  const empty = arches.find((arch) => found.length > 0 && !found.includes(arch));
  if (empty !== undefined) {
    throw new MkbaseError('binary/wrong-architecture', `no program is for \`${empty}\``, {
      hint: `they are for ${found.join(', ')}: name those with \`--arch\`, or leave it out`,
    });
  }
  return arches.map((arch) => ({
    arch,
    programs: programs
      .filter((given) => [arch, null].includes(archOf(given)))
      .map((given) => (arches.length > 1 ? { ...given, destination: plainName(given.destination) } : given)),
  }));
}

function archOf({ program }: GivenProgram): string | null {
  return program.kind === 'elf' ? program.arch : null;
}

/** Endings that distinguish builds for several architectures: Debian's, Go's and the kernel's names. */
const ENDING =
  /[-_.](linux[-_.])?(amd64|x86_64|arm64|aarch64|arm64v8|armhf|armv7l?|armel|arm|i386|386|i686|riscv64|s390x|ppc64el|ppc64le|mips64el|mips64le|loong64|loongarch64)$/;

function plainName(destination: string): string {
  return destination.replace(ENDING, '');
}

function wrongArchitecture({ source, program }: GivenProgram, arches: readonly string[]): MkbaseError {
  const arch = program.kind === 'elf' ? program.arch : '';
  return new MkbaseError(
    'binary/wrong-architecture',
    `${quoted(source)} is for \`${arch}\`, and the image for ${arches.map((one) => `\`${one}\``).join(', ')}`,
    { hint: `build it for that, or say \`--arch ${arch}\`: elsewhere it ends with "exec format error"` },
  );
}
