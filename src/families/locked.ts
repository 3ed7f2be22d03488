import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.ts';
import { MkbaseError } from '../errors.ts';
import { lockedHooks } from '../hooks/hook.ts';
import type { Job } from '../job.ts';
import { digestOf, type Lock, type LockedRecipe } from '../lock/lock.ts';
import { archOf } from '../recipe/arch.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { LoadedRecipe } from '../recipe/recipes.ts';
import { isoDay } from '../time.ts';
import type { PlannedPackage } from './family.ts';

/**
 * Whether the job asks for what its lock is of.
 *
 * @throws MkbaseError `lock/other-suite`, `lock/other-arch`, `lock/other-scripts`, `lock/other-additions`,
 *   `lock/other-hooks`
 */
export function checkLock(lock: Lock, job: Job, recipe: LoadedRecipe<Recipe>): void {
  if (lock.recipe.name !== recipe.name) throw different('suite', lock.recipe.name, recipe.name);
  const arch = job.arch === null ? lock.arch : archOf(recipe, job.arch);
  if (arch !== lock.arch) throw different('arch', lock.arch, arch);
  const { scripts } = lock.options;
  if (job.scripts !== scripts) throw different('scripts', `--scripts=${scripts}`, `--scripts=${job.scripts}`);
  if (additionsDigest(job) !== lock.image.additions) {
    throw new MkbaseError('lock/other-additions', 'the lock was made with other local content', {
      hint: 'give the same sources, unchanged and in the same order, with `--add`',
    });
  }
  if (canonicalJson(lockedHooks(job.hooks)) !== canonicalJson(lock.image.hooks ?? [])) {
    throw new MkbaseError('lock/other-hooks', 'the lock was made with other hooks', {
      hint: 'give the same ones, unchanged and in the same order',
    });
  }
}

/**
 * A Lock's part on the suite. `decides`: the parts of the recipe that decide the choice of packages and are
 * nowhere else in it.
 */
export function lockedRecipe(recipe: LoadedRecipe<Recipe>, decides: unknown): LockedRecipe {
  const { name, distribution, suite, release, system } = recipe;
  return { name, distribution, suite, release, ...(system && { system }), digest: digestOf(decides) };
}

/** The parts of a Lock's image that come from the job, whatever the family. */
export function imageChoices(job: Job) {
  return {
    accounts: job.accounts,
    additions: additionsDigest(job),
    ...(job.hooks.length > 0 && { hooks: lockedHooks(job.hooks) }),
    keepSecrets: job.keepSecrets,
    settings: job.settings,
    annotations: job.annotations,
    created: job.created,
  };
}

/** sha256 of the local content, or null. */
function additionsDigest({ additions }: Job): string | null {
  return additions === null ? null : createHash('sha256').update(additions).digest('hex');
}

/** The packages of a lock, for a report. */
export function packagesOf(lock: Lock): readonly PlannedPackage[] {
  return lock.packages.map(({ name, version, arch, pocket, size }) => {
    return { name, version, arch, pocket, size, installedSize: null };
  });
}

/** The warning for a suite whose support is over. */
export function endedWarnings({ name, endOfLife }: LoadedRecipe<Recipe>, now: Date): readonly string[] {
  if (!hasEnded({ endOfLife }, now)) return [];
  return [`\`${name}\` reached end of life on ${endOfLife}: it may no longer get security updates`];
}

/** Whether the support of a suite is over; on its last day it is not. */
export function hasEnded({ endOfLife }: Pick<Recipe, 'endOfLife'>, now: Date): boolean {
  return endOfLife !== null && isoDay(now) > endOfLife;
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
