import type { Operator } from './version.ts';

/**
 * One token of `D:`, `p:`, `i:`, of `depend =`, of world: `[!]name[@tag][operator version]`, apk-world(5).
 * Names such as `so:libc.musl-x86_64.so.1`, `cmd:ls`, `pc:zlib` and `/bin/sh` are names like all others.
 * Texts are binary strings.
 */
export interface Dependency {
  readonly name: string;
  /** `!name`: a package that must not be installed. */
  readonly isConflict: boolean;
  /** The tag of the repository that it is pinned to, without the `@`. */
  readonly tag: string | null;
  /** Null: any version, and then `version` is `''`. */
  readonly operator: Operator | null;
  /** With `><` an identity, `Q1…`; else a version. */
  readonly version: string;
}

/** Null where the text is not a dependency. Versions are not checked here: `isVersion` does that. */
export function parseDependency(text: string): Dependency | null {
  const isConflict = text.startsWith('!');
  const start = isConflict ? 1 : 0;
  let end = start;
  while (end < text.length && !isComparer(text.charCodeAt(end))) end++;
  let after = end;
  while (after < text.length && isComparer(text.charCodeAt(after))) after++;
  const at = text.indexOf('@', start);
  const hasTag = at >= 0 && at < end;
  const name = text.slice(start, hasTag ? at : end);
  const tag = hasTag ? text.slice(at + 1, end) : null;
  if (name === '' || tag === '') return null;
  if (end === text.length) return { name, isConflict, tag, operator: null, version: '' };
  const operator = OPERATORS.get(signs(text.slice(end, after)));
  const version = text.slice(after);
  if (operator === undefined || version === '') return null;
  if (operator === null) return { name, isConflict, tag, operator, version: '' };
  return { name, isConflict, tag, operator, version };
}

/** The tokens of a field, in its order; null where one of them is not a dependency. */
export function parseDependencies(field: string): readonly Dependency[] | null {
  const dependencies: Dependency[] = [];
  for (const text of field.split(SEPARATOR)) {
    if (text === '') continue;
    const dependency = parseDependency(text);
    if (dependency === null) return null;
    dependencies.push(dependency);
  }
  return dependencies;
}

const SEPARATOR = /[ \n\t\r]/;

/** As apk writes it: in `installed` without the tag, in `world` with it. */
export function formatDependency(dependency: Dependency): string {
  const { isConflict, name, tag, operator, version } = dependency;
  return `${isConflict ? '!' : ''}${name}${tag === null ? '' : `@${tag}`}${operator ?? ''}${version}`;
}

/** The signs may come in any order and number: only which of them are there counts. */
const OPERATORS: ReadonlyMap<string, Operator | null> = new Map<string, Operator | null>([
  ['<', '<'],
  ['=', '='],
  ['>', '>'],
  ['~', '~'],
  ['<=', '<='],
  ['=>', '>='],
  ['=~', '~'],
  ['<~', '<~'],
  ['<=~', '<~'],
  ['>~', '>~'],
  ['=>~', '>~'],
  ['<>', '><'],
  ['<=>', null],
  ['<>~', null],
  ['<=>~', null],
]);

function signs(text: string): string {
  return ['<', '=', '>', '~'].filter((sign) => text.includes(sign)).join('');
}

function isComparer(code: number): boolean {
  return (code >= 0x3c && code <= 0x3e) || code === 0x7e;
}
