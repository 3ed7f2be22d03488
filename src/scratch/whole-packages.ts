/** Packages that go into an image whole, with what they depend on, and without their scripts. */

import type { ScratchParts, TakenPackage } from '../families/family.ts';
import { LOCAL } from '../families/local-files.ts';
import type { Job } from '../job.ts';

/**
 * The names of what the job includes and of all that these need among `packages`, which were planned
 * together: of alternatives and providers those that are there.
 */
export function withDependencies(
  { include }: Pick<Job, 'include'>,
  packages: readonly TakenPackage[],
  { relationsOf }: Pick<ScratchParts, 'relationsOf'>,
): ReadonlySet<string> {
  const known = packages.map((one) => ({ name: one.locked.name, ...relationsOf(one) }));
  const names = new Set<string>();
  const queue = [
    // `name=version`, `name/suite`, `name@tag`
    ...include.map((entry) => entry.replace(/[:=/@<>~].*/, '')),
    ...packages.filter(({ locked }) => locked.pocket === LOCAL).map(({ locked }) => locked.name),
  ];
  for (const wanted of queue) {
    for (const { name, provides, needs } of known) {
      if (names.has(name) || !provides.includes(wanted)) continue;
      names.add(name);
      queue.push(...needs);
    }
  }
  return names;
}
