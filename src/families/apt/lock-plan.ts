import { MkbaseError } from '../../errors.ts';
import type { Job } from '../../job.ts';
import type { Lock } from '../../lock.ts';
import type { LoadedRecipe } from '../../recipes.ts';
import type { Plan } from '../family.ts';
import { hostArch } from './host-arch.ts';
import type { LentMirrors } from './host-sources.ts';
import { ladderOf, urlOf } from './mirrors.ts';
import { additionsDigest, selectionsDigest } from './plan.ts';

/**
 * The plan that a Lock holds, with no index and no question to a mirror: the digests in the Lock are
 * what its packages are checked by. Of the job only the mirror counts, and what the Lock cannot hold.
 */
export function planFromLock(lock: Lock, job: Job, recipe: LoadedRecipe, lent: LentMirrors): Plan {
  if (lock.recipe.name !== recipe.name) throw different('suite', lock.recipe.name, recipe.name);
  if (job.arch !== null && job.arch !== lock.arch) throw different('arch', lock.arch, job.arch);
  const { scripts, debconfSelections } = lock.options;
  if (job.scripts !== scripts) throw different('scripts', `--scripts=${scripts}`, `--scripts=${job.scripts}`);
  if (selectionsDigest(job) !== debconfSelections) {
    throw new MkbaseError('lock/other-selections', 'the lock was made with other answers for debconf', {
      hint: 'give the same file with `--debconf-selections FILE`',
    });
  }
  if (additionsDigest(job) !== lock.image.additions) {
    throw new MkbaseError('lock/other-additions', 'the lock was made with other local content', {
      hint: 'give the same sources, unchanged and in the same order, with `--add`',
    });
  }
  const rungsOf = new Map<string, readonly string[]>(
    recipe.pockets.map((pocket) => [
      pocket.name,
      ladderOf(pocket, { arch: lock.arch, hostArch: hostArch(), mirror: job.mirror, lent }).rungs,
    ]),
  );
  return {
    lock,
    packages: lock.packages.map(({ name, version, arch, pocket, size }) => {
      return { name, version, arch, pocket, size, installedSize: null };
    }),
    urlsOf: (path, pocket) => (rungsOf.get(pocket) ?? []).map((rung) => urlOf(rung, path)),
    seedFiles: lock.image.files,
    warnings:
      lock.recipe.digest === recipe.digest
        ? []
        : [`the lock was made with another version of the recipe \`${recipe.name}\``],
  };
}

function different(what: 'suite' | 'arch' | 'scripts', locked: string, asked: string): MkbaseError {
  return new MkbaseError(
    `lock/other-${what}`,
    `the lock is for \`${locked}\`, and \`${asked}\` was asked for`,
    {
      hint: `ask for \`${locked}\`, or build without \`--lock\``,
    },
  );
}
