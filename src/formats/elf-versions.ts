/** Symbol versions, as the LSB describes them for GNU's linkers: those that a program needs of each library. */
import type { MkbaseError } from '../errors.ts';
import { badElf, type Header } from './elf-header.ts';

/** Versions of one library's symbols without which the dynamic linker does not start the program. */
export interface VersionNeed {
  /** As in DT_NEEDED: `libc.so.6`. */
  readonly file: string;
  /** `GLIBC_2.38` */
  readonly versions: readonly string[];
}

export interface VersionTable {
  /** Place in the file. */
  readonly at: number;
  readonly count: number;
}

type Text = (at: number) => string;

/** Some times what any library of Debian has. */
const MAX_VERSIONS = 1000;
const WEAK = 2;

/** `DT_VERNEED` without the weak needs. */
export function readVersionNeeds({ number }: Header, table: VersionTable, text: Text): VersionNeed[] {
  let total = 0;
  return chained(table, (at) => {
    const auxiliary = { at: at + number(at + 8, 4), count: number(at + 2, 2) };
    // The lists of libraries may be one and the same.
    total += auxiliary.count;
    if (total > MAX_VERSIONS) throw tooManyVersions();
    const versions = chained(auxiliary, (one) => ({
      value: (number(one + 4, 2) & WEAK) === 0 ? [text(number(one + 8, 4))] : [],
      next: number(one + 12, 4),
    }));
    return { value: { file: text(number(at + 4, 4)), versions: versions.flat() }, next: number(at + 12, 4) };
  });
}

/** `DT_VERDEF`: the versions that a library has. */
export function readVersionDefinitions({ number }: Header, table: VersionTable, text: Text): string[] {
  return chained(table, (at) => ({
    value: text(number(at + number(at + 12, 4), 4)),
    next: number(at + 16, 4),
  }));
}

function tooManyVersions(): MkbaseError {
  return badElf('it has absurdly many symbol versions');
}

/** Entries that each give the offset of the next one. */
function chained<Value>(
  { at, count }: VersionTable,
  read: (at: number) => { readonly value: Value; readonly next: number },
): Value[] {
  if (count > MAX_VERSIONS) throw tooManyVersions();
  const values: Value[] = [];
  for (let here = at, left = count; left > 0; left--) {
    const { value, next } = read(here);
    values.push(value);
    if (next === 0) break;
    here += next;
  }
  return values;
}
