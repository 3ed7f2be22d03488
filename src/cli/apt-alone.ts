import { MkbaseError } from '../errors.ts';
import type { Recipe } from '../recipe.ts';
import type { Flags, OptionName } from './options.ts';

/** Options that mean nothing where packages are not Debian's. */
const APT_ALONE = [
  'recommends',
  'solver',
  'no-preferences',
  'debconf-selections',
  'docker-settings',
  'pockets',
  'pin',
  'snapshot',
  'allow-trusted',
] as const satisfies readonly OptionName[];

/** @throws MkbaseError `usage/not-for-suite` for what would be left out in silence */
export function checkAptAlone(flags: Flags, { family, suite }: Recipe): void {
  if (family === 'apt') return;
  const given = APT_ALONE.find((name) =>
    [flags[name]].flat().some((value) => value !== false && value !== null),
  );
  if (given === undefined) return;
  throw new MkbaseError(
    'usage/not-for-suite',
    `\`--${given}\` is for suites of Debian and Ubuntu, not for \`${suite}\``,
    {
      hint: 'leave it out',
    },
  );
}
