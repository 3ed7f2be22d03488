import { withoutEnd } from '../../../formats/line-end.ts';
import type { PathRule } from '../../../rootfs/exclusions.ts';
import { parentOf } from '../../../rootfs/tree-path.ts';

/** Where the rules of a build stand in its base. */
export const RULES_FILE = 'etc/dpkg/dpkg.cfg.d/mkbase';

/**
 * Path rules as a later dpkg of the image can follow them. In an excluded directory it keeps paths that begin
 * with the text of an include before its first wildcard (`filter_should_skip` in dpkg's filters.c), but not
 * the directories above that: a file that is brought back there would stop the installation with "No such
 * file or directory". They are included by name, at the end: the last rule that matches wins.
 */
export function dpkgPathRules(rules: readonly PathRule[]): readonly string[] {
  const isExcluded = (path: string) => rules.findLast(({ matches }) => matches.test(path))?.include === false;
  const above = rules
    .filter(({ include }) => include)
    .flatMap(({ glob }) => directoriesAbove(literalOf(glob)))
    .filter(isExcluded);
  return [
    ...rules.map(({ text }) => text),
    ...[...new Set(above)].sort().map((path) => `path-include=${path}`),
  ];
}

/** The text before the first wildcard, without slashes at its end. */
function literalOf(glob: string): string {
  return withoutEnd(glob.replace(/[*?[\\].*$/s, ''), '/');
}

function directoriesAbove(path: string): readonly string[] {
  const parent = parentOf(path);
  return parent === '' ? [] : [...directoriesAbove(parent), parent];
}
