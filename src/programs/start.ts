/** Whether a program would start where it is put, and what it will miss there. */
import { MkbaseError, quoted } from '../errors.ts';
import type { Program } from './program.ts';

/** The files around a program: paths are absolute, links are followed. */
export interface Around {
  readonly has: (path: string) => boolean;
}

/**
 * Refuses a program whose interpreter is missing: Linux reports "no such file or
 * directory" for it, although the program is there.
 *
 * @throws MkbaseError `binary/dynamic`, `binary/script`
 */
export function checkInterpreter(program: Program, name: string, { has }: Around): void {
  if (program.kind === 'script') {
    const { interpreter } = program;
    if (has(interpreter)) return;
    throw new MkbaseError(
      'binary/script',
      `${quoted(name)} is a script for ${quoted(interpreter)}, which the image does not have`,
      {
        hint: `bring it in packages, as with \`--from alpine:3.20 --include busybox,busybox-binsh\` or \`--from bookworm --include dash\`; or make a base that has it`,
      },
    );
  }
  const { interpreter, needed } = program.elf;
  if (interpreter === null || has(interpreter)) return;
  const brought = needed.length === 0 ? 'it' : 'its libraries';
  throw new MkbaseError(
    'binary/dynamic',
    `${quoted(name)} needs the dynamic linker ${quoted(interpreter)}, which the image does not have`,
    {
      hint: `bring ${brought} with \`--with-libs\`, or of signed packages with \`--with-libs --from bookworm\`; or link it statically`,
    },
  );
}

/** The missing ones of a program's name services, in words; null where none is missing. */
export function missedNameServices(paths: readonly string[], { has }: Around): string | null {
  const missing = paths.filter((path) => !has(path));
  if (missing.length === 0) return null;
  const names = missing.map((path) => quoted(path)).join(' and ');
  return `glibc before 2.34 opens ${names} to find accounts and hosts by name, and the image does not have them`;
}

/** Texts by which programs find the certificates of authorities. */
const CERTIFICATE_PLACES = ['/etc/ssl/certs', '/etc/ssl/cert.pem', 'SSL_CERT_FILE'];

/** Something that a program may look for and not find. */
export interface Missed {
  readonly what: 'certificates' | 'name services' | 'libraries';
  readonly message: string;
}

/**
 * The files that a program looks for while it runs and would not find, by the names in its bytes: nothing is run.
 */
export function missedBy(program: Program, name: string, { has }: Around): readonly Missed[] {
  if (program.kind === 'script') return [];
  const { elf, mentions } = program;
  const missed: Missed[] = [];
  const add = (what: Missed['what'], message: string) =>
    missed.push({ what, message: `${quoted(name)} ${message}` });
  if (CERTIFICATE_PLACES.some(mentions) && !has('/etc/ssl/certs/ca-certificates.crt')) {
    add('certificates', 'looks for certificates, and the image has none: `--ca` adds them');
  }
  if (elf.interpreter === null && mentions('nsswitch.conf') && mentions('libnss_')) {
    add('name services', 'has glibc in it: it knows no name services but `files` and `dns`');
  }
  if (elf.interpreter !== null && elf.namesSymbol('dlopen')) {
    add('libraries', 'may load further libraries while it runs: `--add` puts them into the image');
  }
  return missed;
}
