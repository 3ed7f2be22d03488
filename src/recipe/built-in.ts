/** The recipes that come with mkbase: compiled from `recipes/*.yaml`, so that one is found without the others. */
import { readFileSync } from 'node:fs';
import type { ListedSuite } from './listed-suite.ts';
import type { Recipe } from './recipe.ts';

/** The names of a recipe, and the file that holds it. */
export interface RecipeEntry extends Pick<Recipe, 'distribution' | 'suite' | 'aliases'> {
  /** Its name in `recipes/`, without `.yaml`. */
  readonly file: string;
  /** Every name that it is found by, in lower case. */
  readonly names: readonly string[];
}

// From dist/src/recipe, where this module runs.
const COMPILED = new URL('../../recipes/', import.meta.url);

/** The index that every start reads. */
export interface RecipeIndex {
  /** Oldest first within a distribution. */
  readonly recipes: readonly RecipeEntry[];
  /** All that the recipes have, sorted. */
  readonly arches: readonly string[];
  /** All that their families have. */
  readonly variants: readonly string[];
}

const INDEX = readJson<RecipeIndex>('index');

export const BUILT_IN = INDEX.recipes;
/** The values that help lists: it loads neither recipes nor families. */
export const ARCHES = INDEX.arches;
export const VARIANTS = INDEX.variants;

export function builtInRecipe({ file }: Pick<RecipeEntry, 'file'>): Recipe {
  return readJson(file);
}

export function builtInRecipes(): readonly Recipe[] {
  return BUILT_IN.map(builtInRecipe);
}

export function listedBuiltIn(): readonly ListedSuite[] {
  return readJson('list');
}

function readJson<Value>(name: string): Value {
  return JSON.parse(readFileSync(new URL(`${name}.json`, COMPILED), 'utf8')) as Value;
}
