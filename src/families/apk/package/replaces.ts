import type { Dependency } from './dependency.ts';
import type { PkgInfo } from './pkginfo.ts';
import { matchesVersion } from './version.ts';

type Side = Pick<PkgInfo, 'name' | 'version' | 'origin' | 'replaces' | 'replacesPriority'>;

/**
 * Which of two packages keeps a file that both have, `first` being the one that is installed: the later
 * one of the same origin or one that replaces the other, unless the other replaces it with a higher
 * priority. `neither` is a conflict.
 */
export function whoKeeps(first: Side, second: Side): 'first' | 'second' | 'neither' {
  if (first.name === second.name) return 'second';
  if (first.origin === second.origin && second.origin !== '') return 'second';
  const firstPriority = replaces(first, second) ? first.replacesPriority : -1;
  const secondPriority = replaces(second, first) ? second.replacesPriority : -1;
  if (firstPriority > secondPriority) return 'first';
  return secondPriority >= 0 ? 'second' : 'neither';
}

function replaces({ replaces }: Side, { name, version }: Side): boolean {
  return replaces.some((dependency) => dependency.name === name && admits(dependency, version));
}

function admits({ operator, version: wanted }: Dependency, version: string): boolean {
  // `><` names a package by its identity, which no `replaces` does.
  if (operator === '><') return false;
  return operator === null || matchesVersion(version, operator, wanted);
}
