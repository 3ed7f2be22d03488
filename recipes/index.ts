import type { Recipe } from '../src/recipe/recipe.ts';
import { alpine } from './alpine.ts';
import { bionic } from './bionic.ts';
import { bookworm } from './bookworm.ts';
import { bullseye } from './bullseye.ts';
import { focal } from './focal.ts';
import { forky } from './forky.ts';
import { jammy } from './jammy.ts';
import { noble } from './noble.ts';
import { resolute } from './resolute.ts';
import { sid } from './sid.ts';
import { stonking } from './stonking.ts';
import { trixie } from './trixie.ts';
import { trusty } from './trusty.ts';
import { wolfi } from './wolfi.ts';
import { xenial } from './xenial.ts';

/** The only list of recipes: newest last within a distribution. */
export const recipes: readonly Recipe[] = [
  ...[bullseye, bookworm, trixie, forky, sid],
  ...[trusty, xenial, bionic, focal, jammy, noble, resolute, stonking],
  ...alpine,
  wolfi,
];
