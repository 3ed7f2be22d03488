import type { Job } from './job.ts';
import type { Lock } from './lock.ts';
import type { PocketName } from './recipe.ts';

/**
 * The request that a Lock answered, to be asked again for its packages: transport, clock and checks are
 * those of `job`. What only changes files is not asked for, as it does not change the choice.
 */
export function requestOf(
  { recipe, arch, variant, components, options, indexes, image }: Lock,
  job: Job,
): Job {
  const { include, exclude, scripts, apt } = options;
  const { recommends, solver, preferences } = apt ?? job;
  return {
    ...job,
    ...{ suite: recipe.name, arch, variant, components, lock: null },
    ...{ include, exclude, recommends, solver, preferences, scripts },
    pockets: apt === undefined ? [] : indexes.map(({ pocket }) => pocket as PocketName),
    settings: image.settings,
    pathRules: [],
    dockerSettings: false,
  };
}
