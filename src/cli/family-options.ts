import { MkbaseError } from '../errors.ts';
import { FAMILIES } from '../families/index.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { type Flags, isGiven } from './options.ts';

/** @throws MkbaseError `usage/not-for-suite` for what would be left out in silence */
export function checkFamily(flags: Flags, recipe: Recipe): void {
  const given: Readonly<Record<string, Flags[keyof Flags]>> = flags;
  for (const { name, distributions, options } of FAMILIES) {
    const option = name === recipe.family ? undefined : options.find((one) => isGiven(given[one]!));
    if (option === undefined) continue;
    throw new MkbaseError(
      'usage/not-for-suite',
      `\`--${option}\` is for ${distributions}, not for \`${recipe.suite}\``,
      { hint: 'leave it out' },
    );
  }
}
