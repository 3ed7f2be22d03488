import type { Job } from './job.ts';
import type { Lock } from './lock.ts';

/**
 * The request that a Lock answered, to be asked again for its packages: transport, clock and checks are
 * those of `job`. What only changes files is not asked for, as it does not change the choice.
 */
export function requestOf(
  { recipe, arch, variant, components, options, indexes, image }: Lock,
  job: Job,
): Job {
  const { include, exclude, recommends, solver, preferences, scripts } = options;
  return {
    ...job,
    ...{ suite: recipe.name, arch, variant, components, lock: null },
    ...{ include, exclude, recommends, solver, preferences, scripts },
    pockets: indexes.map(({ pocket }) => pocket),
    settings: image.settings,
    pathRules: [],
    dockerSettings: false,
  };
}
