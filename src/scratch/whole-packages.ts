/** Packages that go into an image whole, with what they depend on, and without their scripts. */
import { readControl } from '../families/apt/control.ts';
import type { Alternative } from '../families/apt/depends.ts';
import { LOCAL } from '../families/apt/local-packages.ts';
import type { Job } from '../job.ts';
import type { TakenPackage } from './packages.ts';

/**
 * The names of what the job includes and of all that these need among `packages`, which were planned together: of
 * alternatives and providers those that are there.
 */
export function withDependencies(
  { include }: Pick<Job, 'include'>,
  packages: readonly TakenPackage[],
): ReadonlySet<string> {
  const known = packages.map((one) => controlOf(one));
  const providers = (name: string) =>
    known.filter((one) => one.name === name || one.provides.some((provided) => provided.name === name));
  const names = new Set<string>();
  const queue = [
    // `name=version`, `name/suite`
    ...include.map((entry) => entry.replace(/[:=/].*/, '')),
    ...packages.filter(({ locked }) => locked.pocket === LOCAL).map(({ locked }) => locked.name),
  ];
  for (const name of queue) {
    for (const one of providers(name)) {
      if (names.has(one.name)) continue;
      names.add(one.name);
      const needed: readonly Alternative[] = [...one.preDepends, ...one.depends].flat();
      queue.push(...needed.map((alternative) => alternative.name));
    }
  }
  return names;
}

/** Those whose configuration would have been the work of a script. */
export function unconfigured(packages: readonly TakenPackage[]): readonly string[] {
  return packages.filter(({ control }) => control.has('postinst')).map(({ locked }) => locked.name);
}

function controlOf({ control }: TakenPackage) {
  return readControl(control.get('control')?.body.toString('latin1') ?? '', '');
}
