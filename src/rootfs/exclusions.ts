/**
 * Path rules with the meaning of dpkg's `path-exclude` and `path-include`, dpkg(1): shell globs in which
 * `*` and `?` cross `/`, the last rule that matches wins.
 */
import { compileGlob, type Glob } from '../formats/glob.ts';
import { withoutEnd } from '../formats/line-end.ts';

export interface PathRule {
  readonly include: boolean;
  /** `path-exclude=/usr/share/doc/*`, as in dpkg.cfg. */
  readonly text: string;
  /** As written: `/usr/share/doc/*`. */
  readonly glob: string;
  readonly matches: Glob;
}

/** The rule that keeps a path, as a package names it (`/usr/share/doc/x`), out of the rootfs; null where none does. */
export type Exclusion = (path: string, kind: 'file' | 'dir' | 'symlink') => PathRule | null;

/** An entry that a rule kept out. */
export interface Excluded {
  readonly rule: PathRule;
  readonly bytes: number;
}

/**
 * Parses rules of the form `path-exclude=GLOB` and `path-include=GLOB`. As dpkg does it takes any glob, matched
 * against the path with its slash: one that begins with neither a slash nor a wildcard matches nothing.
 */
export function parsePathRules(rules: readonly string[]): readonly PathRule[] {
  return rules.map((text) => {
    const glob = text.slice(text.indexOf('=') + 1);
    return { include: text.startsWith('path-include'), text, glob, matches: compileGlob(glob) };
  });
}

/**
 * A directory or link that is excluded still stays where an include rule may match below it. With
 * merged /usr a rule for `/bin/x` holds for `/usr/bin/x` too, and the other way round.
 */
export function compileExclusions(rules: readonly PathRule[]): Exclusion {
  if (rules.length === 0) return () => null;
  return (path, kind) => {
    const spellings = spellingsOf(path);
    if (kind === 'dir' && isKept(path)) return null;
    const decides = rules.findLast(({ matches }) => spellings.some((spelling) => matches.test(spelling)));
    if (decides === undefined || decides.include) return null;
    if (kind === 'file') return decides;
    return rules.some((rule) => rule.include && mayMatchBelow(rule.glob, path)) ? null : decides;
  };
}

/**
 * Sections of the manual stay even when they are empty: packages' scripts make links in them and fail
 * where there is not a directory (debuerreotype#10).
 */
export function isKept(path: string): boolean {
  return /^\/usr\/share\/man\/man[0-9]$/.test(path);
}

function mayMatchBelow(glob: string, path: string): boolean {
  const literal = withoutEnd(glob.slice(0, glob.search(/[*?[\\]|$/)), '/');
  return path.startsWith(literal) || literal.startsWith(`${path}/`);
}

const ALIASED = /^\/(?:usr\/)?(bin|sbin|lib|lib32|lib64|libo32|libx32)(?=\/|$)/;

function spellingsOf(path: string): readonly string[] {
  const aliased = ALIASED.exec(path);
  if (aliased === null) return [path];
  const other = path.startsWith('/usr/') ? path.slice('/usr'.length) : `/usr${path}`;
  return [path, other];
}
