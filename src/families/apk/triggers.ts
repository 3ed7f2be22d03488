import { oneOf } from '../../rootfs/exclusions.ts';
import type { PackageRecord } from './package-record.ts';

/**
 * The directories that a package's trigger script is called with: all that any package has and one of its
 * globs matches, by name. apk gives them in the order of its hash table.
 */
export function triggeredBy(
  globs: readonly string[],
  records: readonly Pick<PackageRecord, 'directories'>[],
): readonly string[] {
  const matchers = globs.filter((glob) => glob.startsWith('/')).map(globToRegExp);
  const directories = new Set(['/']);
  for (const { directories: own } of records) for (const path of own.keys()) directories.add(`/${path}`);
  return [...directories].filter((path) => matchers.some((matcher) => matcher.test(path))).sort();
}

/** fnmatch(3) with FNM_PATHNAME: nothing but a slash matches a slash. */
function globToRegExp(glob: string): RegExp {
  const pattern = glob.replace(
    /\[([!^]?)(\]?[^\]/]*)\]|[\s\S]/g,
    (part, negated: string, members: string) => {
      if (part === '*') return '[^/]*';
      if (part === '?') return '[^/]';
      if (part.length === 1) return part.replace(/[.+^${}()|[\]\\]/, '\\$&');
      return `(?!/)${oneOf(members, negated !== '')}`;
    },
  );
  return new RegExp(`^${pattern}$`);
}
