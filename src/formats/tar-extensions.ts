import { withoutEnd } from './line-end.ts';
import { type PaxRecords, readPax } from './pax.ts';
import { badTar } from './tar-errors.ts';

/** The extension headers before an entry (`globals` apply to all entries that follow). */
export interface Extensions {
  readonly globals: PaxRecords;
  readonly locals?: PaxRecords;
  readonly longName?: string;
  readonly longLink?: string;
}

/** `V` is the label of a GNU volume: no file. Solaris wrote `X` before POSIX settled on `x`. */
const TYPES: ReadonlySet<string> = new Set(['L', 'K', 'g', 'x', 'X', 'V']);

/** Bytes; far more than names, attributes and sparse maps need, but without bounds a few could ask for much work. */
export const MAX_EXTENSION = 2 ** 20;
/** They hold for every entry that follows. `git archive` writes one, `comment`; POSIX has a dozen keywords. */
const MAX_GLOBALS = 64;

export function isExtension(typeFlag: string): boolean {
  return TYPES.has(typeFlag);
}

/** The same with a further header of that type. */
export function extended(before: Extensions, typeFlag: string, body: Buffer): Extensions {
  switch (typeFlag) {
    case 'L':
      return { ...before, longName: longText(body) };
    case 'K':
      return { ...before, longLink: longText(body) };
    case 'g': {
      const globals = new Map([...before.globals, ...readPax(body)]);
      if (globals.size > MAX_GLOBALS) throw badTar('it has absurdly many global PAX records');
      return { ...before, globals };
    }
    case 'V':
      return before;
    default:
      return { ...before, locals: readPax(body) };
  }
}

/** A GNU long name: it ends at its NULs. */
function longText(body: Buffer): string {
  return withoutEnd(body.toString('latin1'), '\0');
}
