import { compileGlob } from '../../../formats/glob.ts';
import type { PackageRecord } from './package-record.ts';

/**
 * The directories that a package's trigger script is called with: all that any package has and one of its
 * globs matches, by name. apk gives them in the order of its hash table.
 */
export function triggeredBy(
  globs: readonly string[],
  records: readonly Pick<PackageRecord, 'directories'>[],
): readonly string[] {
  const matchers = globs
    .filter((glob) => glob.startsWith('/'))
    .map((glob) => compileGlob(glob, { pathname: true }));
  const directories = new Set(['/']);
  for (const { directories: own } of records) for (const path of own.keys()) directories.add(`/${path}`);
  return [...directories].filter((path) => matchers.some((matcher) => matcher.test(path))).sort();
}
