import type { Package, SolveOptions } from './universe.ts';

/** Puts what is preferred before what it is preferred over, where both are among the choices. */
export function applyPreferences<T extends { readonly package: Package }>(
  choices: readonly T[],
  preferences: SolveOptions['preferences'] = [],
): readonly T[] {
  const sorted = [...choices];
  for (const { prefer, over } of preferences) {
    const from = sorted.findIndex((choice) => choice.package.name === prefer);
    const to = sorted.findIndex((choice) => choice.package.name === over);
    if (to >= 0 && from > to) sorted.splice(to, 0, ...sorted.splice(from, 1));
  }
  return sorted;
}
