import { MkbaseError } from '../errors.ts';
import type { DeriveRequest } from '../families/family.ts';
import { FAMILIES, familyOf, RECIPE_FORMS } from '../families/index.ts';
import type { Job } from '../job.ts';
import type { Lock } from '../lock/lock.ts';
import type { RecipeForm } from '../recipe/form.ts';
import { openRecipe, type RecipePlaces } from '../recipe/open-recipe.ts';
import type { Recipe } from '../recipe/recipe.ts';
import {
  completed,
  mergedOver,
  type RecipeSource,
  recipeOf,
  renamed,
  sourceOf,
} from '../recipe/recipe-source.ts';
import { type LoadedRecipe, loadedRecipe } from '../recipe/recipes.ts';
import type { Arguments } from './arguments.ts';

export interface RecipeWays extends Places {
  /** The given lock, which says what its suite is. */
  readonly locks: readonly Lock[];
  readonly signal: AbortSignal;
}

type Places = Omit<RecipePlaces, 'forms'>;

export type Origin = DeriveRequest['origin'] & Pick<Job, 'cacheDir' | 'cacheSize' | 'stateDir' | 'tls'>;

/**
 * The recipe of SUITE; for a suite without one, its lock, the suite of `--like`, or its sources describe it.
 *
 * @throws MkbaseError `usage/unknown-suite`, `usage/conflict`, and the errors of openRecipe and a family's `derive`
 */
export async function recipeFor(
  { operands, flags }: Pick<Arguments, 'operands' | 'flags'>,
  origin: () => Promise<Origin>,
  ways: RecipeWays,
): Promise<LoadedRecipe<Recipe>> {
  const suite = operands[0]!;
  try {
    const found = await openRecipe(suite, { ...ways, forms: RECIPE_FORMS, file: flags.recipe });
    if (flags.like === null) return found;
  } catch (error) {
    if (!(error instanceof MkbaseError) || error.code !== 'usage/unknown-suite') throw error;
    const locked = ways.locks.find(({ recipe }) => [recipe.name, recipe.suite].includes(suite));
    const known = locked?.family ? familyOf({ family: locked.family.name }).recipeOfLock : null;
    if (locked !== undefined && known !== null) return loaded(known(locked));
    const hasSources = operands.length > 2 || flags.source.length > 0;
    if (flags.like === null && !hasSources) throw error;
    const like = flags.like === null ? null : await likedSource(flags.like, ways);
    if (!hasSources) return loaded(renamed(like!, suite, formOf(like!)));
    return derived({ suite, like, asPockets: false }, await origin(), ways);
  }
  throw new MkbaseError('usage/conflict', `\`${suite}\` has a recipe, and \`--like\` names another`, {
    hint: 'leave `--like` out, or name a suite that has none',
  });
}

/** See {@link DeriveRequest}. */
export async function derived(
  request: Omit<DeriveRequest, 'origin'>,
  origin: Origin,
  { env, signal }: Pick<RecipeWays, 'env' | 'signal'>,
): Promise<LoadedRecipe<Recipe>> {
  const derive = FAMILIES.find((family) => family.derive !== null)!.derive!;
  const { openCache } = await import('../cache.ts');
  const io = openCache(origin, { env, signal, emit: () => {} });
  const source = await derive({ ...request, origin }, io);
  return loaded(request.like === null ? source : mergedOver(request.like, source, formOf(source)));
}

export async function likedSource(name: string, ways: Places): Promise<RecipeSource> {
  const {
    name: _,
    keyFiles,
    ...recipe
  } = await openRecipe(name, {
    ...ways,
    forms: RECIPE_FORMS,
    file: null,
  });
  return sourceOf(recipe, keyFiles, formOf(recipe));
}

function loaded(source: RecipeSource): LoadedRecipe<Recipe> {
  const form = formOf(source);
  const { recipe, keyFiles } = recipeOf(completed(source, form), form);
  return loadedRecipe(recipe, keyFiles);
}

function formOf({ family }: Pick<RecipeSource, 'family'>): RecipeForm {
  return RECIPE_FORMS[family!]!;
}
