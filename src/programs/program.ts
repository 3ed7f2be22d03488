/** How a file would be started, read from its bytes alone. */
import { MkbaseError, quoted, restated } from '../errors.ts';
import { type Elf, isElf, readElf } from '../formats/elf.ts';
import { architectureOf } from './architecture.ts';

export type Program = ElfProgram | Script;

export interface ElfProgram {
  readonly kind: 'elf';
  readonly elf: Elf;
  /** Debian's name. */
  readonly arch: string;
  /** Texts that a running program looks for files by: where certificates are, name services. */
  readonly mentions: (text: string) => boolean;
}

/** A text that its first line gives an interpreter, execve(2). */
export interface Script {
  readonly kind: 'script';
  readonly interpreter: string;
  /** All that follows on the line, as one argument. */
  readonly argument: string | null;
}

/**
 * Tells programs from what Linux would not start; `name` is the file's, for messages. Whether the
 * interpreter of a script or a dynamic program is there is not looked at.
 *
 * @throws MkbaseError `binary/bad-elf`, `not-linux`, `not-a-program`, `library`, `unknown-architecture`
 */
export function readProgram(bytes: Buffer, name: string): Program {
  const script = readScript(bytes);
  if (script !== null) return script;
  if (!isElf(bytes)) throw noProgram(bytes, name);
  const elf = readNamedElf(bytes, name);
  if (elf.kind === 'library') {
    throw new MkbaseError('binary/library', `${quoted(name)} is a shared library, and no program`, {
      hint: 'name the program that uses it; `--add` puts further files into the image',
    });
  }
  if (elf.kind === 'other') {
    throw new MkbaseError('binary/not-a-program', `${quoted(name)} is an object file, and no program`, {
      hint: 'link it first',
    });
  }
  if (elf.osAbi !== SYSTEM_V && elf.osAbi !== LINUX) throw notLinux(name, SYSTEMS[elf.osAbi]);
  const arch = architectureOf(elf);
  if (arch === null) {
    const about = `machine ${elf.machine}, ${elf.bits} bits, ${elf.isLittleEndian ? 'little' : 'big'} endian`;
    throw new MkbaseError(
      'binary/unknown-architecture',
      `${quoted(name)} is for an unknown architecture: ${about}`,
      { hint: 'build it for an architecture that Debian has' },
    );
  }
  return { kind: 'elf', elf, arch, mentions: (text) => bytes.includes(text, 0, 'latin1') };
}

/** Linux looks at so many bytes of the first line since 5.1. */
const LONGEST_LINE = 256;

function readScript(bytes: Buffer): Script | null {
  if (bytes.toString('latin1', 0, 2) !== '#!') return null;
  const line = bytes.toString('latin1', 2, LONGEST_LINE).split('\n', 1)[0]!;
  const [, interpreter = '', argument = ''] = /^[ \t]*([^ \t\0]*)[ \t]*([^\0]*?)[ \t]*$/.exec(line) ?? [];
  return { kind: 'script', interpreter, argument: argument === '' ? null : argument };
}

function readNamedElf(bytes: Buffer, name: string): Elf {
  try {
    return readElf(bytes);
  } catch (error) {
    if (!(error instanceof MkbaseError)) throw error;
    throw restated(error, { message: `${quoted(name)} is ${error.message}` });
  }
}

/** `EI_OSABI`. Linux's programs are marked as System V's, but for some that use its extensions. */
const SYSTEM_V = 0;
const LINUX = 3;
const SYSTEMS: Readonly<Record<number, string>> = { 2: 'NetBSD', 6: 'Solaris', 9: 'FreeBSD', 12: 'OpenBSD' };

/** First bytes of the programs of other systems. */
const FOREIGN: Readonly<Record<string, string>> = {
  '4d5a': 'Windows',
  cffaedfe: 'macOS',
  cefaedfe: 'macOS',
  cafebabe: 'macOS, or of Java',
};

function noProgram(bytes: Buffer, name: string): MkbaseError {
  const start = bytes.toString('hex', 0, 4);
  const foreign = Object.keys(FOREIGN).find((magic) => start.startsWith(magic));
  if (foreign !== undefined) return notLinux(name, FOREIGN[foreign]);
  const what = bytes.length === 0 ? 'is empty' : 'is neither an ELF file nor a script';
  return new MkbaseError('binary/not-a-program', `${quoted(name)} ${what}`, {
    hint: 'name a program; `--add` puts further files into the image',
  });
}

function notLinux(name: string, system = 'another system'): MkbaseError {
  return new MkbaseError('binary/not-linux', `${quoted(name)} is a program of ${system}`, {
    hint: 'build it for Linux',
  });
}
