import type { Recipe } from '../src/recipe.ts';
import { bookworm } from './bookworm.ts';
import { sid } from './sid.ts';
import { trixie } from './trixie.ts';

/** The only list of recipes: newest last within a distribution. */
export const recipes: readonly Recipe[] = [bookworm, trixie, sid];
