import { MkbaseError } from '../errors.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { type Flags, isGiven, type OptionName } from './options.ts';

/** Options that mean nothing where packages are not Alpine's. */
const APK_ALONE = ['check-packages'] as const satisfies readonly OptionName[];

/** Options that mean nothing where packages are not Debian's. */
const APT_ALONE = [
  'resolve-deps',
  'merged-usr',
  'no-merged-usr',
  'recommends',
  'solver',
  'no-preferences',
  'debconf-selections',
  'docker-settings',
  'status-d',
  'pockets',
  'pin',
  'snapshot',
] as const satisfies readonly OptionName[];

/** @throws MkbaseError `usage/not-for-suite` for what would be left out in silence */
export function checkFamily(flags: Flags, { family, suite }: Recipe): void {
  const others: readonly OptionName[] = family === 'apt' ? APK_ALONE : APT_ALONE;
  const given = others.find((name) => isGiven(flags[name]));
  if (given === undefined) return;
  throw new MkbaseError(
    'usage/not-for-suite',
    `\`--${given}\` is for ${family === 'apt' ? 'Alpine and Wolfi' : 'Debian and Ubuntu'}, not for \`${suite}\``,
    {
      hint: 'leave it out',
    },
  );
}
