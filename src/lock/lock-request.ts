import { MkbaseError } from '../errors.ts';
import type { Job } from '../job.ts';
import type { Lock } from './lock.ts';

/**
 * The request that a Lock answered, to be asked again for its packages: transport, clock and checks are
 * those of `job`. So are sources of the user's own and local files: of these a Lock holds neither keys nor
 * credentials nor contents. What only changes files is not asked for, as it does not change the choice.
 */
export function requestOf(
  { recipe, arch, variant, components, options, indexes, image }: Lock,
  job: Job,
): Job {
  const { include, exclude, scripts, apt } = options;
  const { recommends, solver, preferences, pins } = apt ?? job;
  const pockets = indexes.filter(({ own }) => own === undefined);
  if (pockets.length < indexes.length && job.sources.length === 0) throw sourcesMissing(recipe.name);
  if (apt !== undefined && apt.local.length > 0 && job.localPackages.length === 0) {
    throw filesMissing(recipe.name);
  }
  return {
    ...job,
    ...{ suite: recipe.name, arch, variant, components, lock: null },
    ...{ include, exclude, recommends, solver, preferences, pins, scripts },
    pockets: apt === undefined ? [] : pockets.map(({ pocket }) => pocket),
    snapshot: apt?.snapshot ? new Date(apt.snapshot) : null,
    sourcesOnly: pockets.length === 0 && indexes.length > 0,
    settings: image.settings,
    pathRules: [],
    dockerSettings: false,
    statusDirectory: false,
  };
}

function sourcesMissing(name: string): MkbaseError {
  return new MkbaseError('lock/other-sources', `the lock of \`${name}\` was made with sources of its own`, {
    hint: 'give the same sources with `--source`',
  });
}

function filesMissing(name: string): MkbaseError {
  return new MkbaseError('lock/other-packages', `the lock of \`${name}\` was made with local packages`, {
    hint: 'name the files as they are now with `--include ./FILE.deb`',
  });
}
