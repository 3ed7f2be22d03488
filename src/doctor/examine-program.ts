import { MkbaseError, quoted } from '../errors.ts';
import type { FileView } from '../programs/file-view.ts';
import { findLibraries } from '../programs/libraries.ts';
import { type Program, readProgram } from '../programs/program.ts';
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
 * What would become of a program that is put into an empty image as it is.
 *
 * @throws MkbaseError what readProgram gives: it starts nowhere
 */
export function examineProgram(subject: string, options: ProgramOptions): Diagnosis {
  const { bytes, view, hostArch } = options;
  const program = readProgram(bytes, subject);
  const nothing = { has: () => false };
  const findings: Finding[] = [
    ...asFindings(() => checkInterpreter(program, subject, nothing)),
    ...libraryFindings(program, subject, options),
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
  const { libraries } = findLibraries({ ...program, at: options.path, place: options.path }, view);
  const needs = program.elf.interpreter === null ? '' : `, with ${libraries.length} shared libraries`;
  return {
    subject,
    arch: program.arch,
    summary: `in an empty image, a ${program.elf.kind} program${needs}`,
    findings,
  };
}

function libraryFindings(program: Program, subject: string, { path, view }: ProgramOptions): Finding[] {
  if (program.kind === 'script') return [];
  const { missing } = findLibraries({ ...program, at: path, place: path }, view);
  return missing.map(({ name, neededBy }) => ({
    level: 'warning',
    message: `this machine does not have ${quoted(name)}, which ${quoted(neededBy === path ? subject : neededBy)} needs`,
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
