import { MkbaseError, quoted } from '../errors.ts';
import type { FileView } from '../programs/file-view.ts';
import { type Closure, findLibraries } from '../programs/libraries.ts';
import { type ElfProgram, readProgram } from '../programs/program.ts';
import { checkInterpreter, missedBy } from '../programs/start.ts';
import type { Diagnosis, Finding } from './diagnosis.ts';

export interface ProgramOptions {
  /** Absolute path where the program lies. */
  readonly path: string;
  readonly bytes: Buffer;
  /** This machine's, where its libraries are looked for. */
  readonly view: FileView;
  /** This machine's architecture, by Debian's name. */
  readonly hostArch: string;
}

/**
 * Predicts how a program would start in an otherwise empty image.
 *
 * @throws MkbaseError the errors of readProgram, for a program that starts nowhere
 */
export function examineProgram(subject: string, options: ProgramOptions): Diagnosis {
  const { bytes, hostArch } = options;
  const program = readProgram(bytes, subject);
  const nothing = { has: () => false };
  const closure = program.kind === 'elf' ? librariesOf(program, options) : null;
  const findings: Finding[] = [
    ...asFindings(() => checkInterpreter(program, subject, nothing)),
    ...libraryFindings(closure, subject, options),
    ...missedBy(program, subject, nothing).map(({ message }): Finding => ({ level: 'note', message })),
  ];
  if (program.kind === 'script') {
    return {
      subject,
      arch: hostArch,
      summary: `in an empty image, a script for ${program.interpreter}`,
      findings,
    };
  }
  if (program.arch !== hostArch) {
    findings.push({ level: 'note', message: `this machine is ${hostArch}: here it needs an emulator` });
  }
  return {
    subject,
    arch: program.arch,
    summary: `in an empty image, a ${program.elf.kind} program${needsText(program.elf, closure!)}`,
    findings,
  };
}

/** `$ORIGIN` is the folder of the file itself, and not of a link that names it. */
function librariesOf(
  program: ElfProgram,
  { path, view }: ProgramOptions,
): Closure & { readonly real: string } {
  const real = view.follow(path)?.real ?? path;
  return { real, ...findLibraries({ ...program, at: real, place: real }, view) };
}

/** The dynamic linker is the first, and all that a program of Go needs that is built as a PIE. */
function needsText({ interpreter, needed }: ElfProgram['elf'], { libraries }: Closure): string {
  if (interpreter === null) return '';
  if (needed.length === 0) return ', with no library but its dynamic linker';
  return `, with ${libraries.length} shared ${libraries.length === 1 ? 'library' : 'libraries'}`;
}

function libraryFindings(
  closure: ReturnType<typeof librariesOf> | null,
  subject: string,
  { path }: ProgramOptions,
): Finding[] {
  const { missing, real } = closure ?? { missing: [], real: path };
  return missing.map(({ name, neededBy }) => ({
    level: 'warning',
    message: `this machine does not have ${quoted(name)}, which ${quoted(neededBy === real ? subject : neededBy)} needs`,
    hint: '`mkbase scratch --with-libs --from SUITE` takes it from the package that has it',
  }));
}

/** A refusal as a finding, and nothing where there is none. */
export function asFindings(check: () => void): Finding[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof MkbaseError)) throw error;
    const { message, hint } = error;
    return [{ level: 'error', message, ...(hint !== undefined && { hint }) }];
  }
}
