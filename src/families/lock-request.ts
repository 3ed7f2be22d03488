import { MkbaseError } from '../errors.ts';
import type { Job } from '../job.ts';
import type { Lock } from '../lock/lock.ts';
import { LOCK_SECTIONS } from './index.ts';
import { LOCAL } from './local-files.ts';

/**
 * The request that a Lock answered, for asking again for its packages. Transport, clock and checks are
 * those of `job`, and so are the user's own sources and local files, whose keys,
 * credentials and contents a Lock does not hold. Settings that only change files are left out.
 */
export function requestOf(lock: Lock, job: Job): Job {
  const { recipe, arch, variant, components, options, indexes, packages, image, family } = lock;
  const { include, exclude, scripts } = options;
  const pockets = indexes.filter(({ own }) => own === undefined);
  if (pockets.length < indexes.length && job.sources.length === 0) throw sourcesMissing(recipe.name);
  if (packages.some(({ pocket }) => pocket === LOCAL) && job.localPackages.length === 0) {
    throw filesMissing(recipe.name);
  }
  return {
    ...job,
    ...{ suite: recipe.name, arch, variant, components, lock: null },
    ...{ include, exclude, scripts, settings: image.settings },
    sourcesOnly: pockets.length === 0 && indexes.length > 0,
    ...{ pathRules: [], dockerSettings: false, statusDirectory: false },
    ...(family !== null && LOCK_SECTIONS[family.name]!.request(lock)),
  };
}

function sourcesMissing(name: string): MkbaseError {
  return new MkbaseError('lock/other-sources', `the lock of \`${name}\` was made with sources of its own`, {
    hint: 'give the same sources with `--source`',
  });
}

function filesMissing(name: string): MkbaseError {
  return new MkbaseError('lock/other-packages', `the lock of \`${name}\` was made with local packages`, {
    hint: 'name the files as they are now with `--include ./FILE`',
  });
}
