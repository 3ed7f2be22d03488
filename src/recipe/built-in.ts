/** The recipes that come with mkbase: compiled from `recipes/*.yaml`, so that one is found without the others. */
import { readFileSync } from 'node:fs';
import type { Recipe } from './recipe.ts';

/** What tells which recipe a name stands for, and in which file it is. */
export interface RecipeEntry
  extends Pick<Recipe, 'distribution' | 'family' | 'suite' | 'release' | 'aliases'> {
  /** Its name in `recipes/`, without `.yaml`. */
  readonly file: string;
}

// From dist/src/recipe, where this module runs.
const COMPILED = new URL('../../recipes/', import.meta.url);

/** Oldest first within a distribution. */
export const BUILT_IN: readonly RecipeEntry[] = readJson('index');

export function builtInRecipe({ file }: Pick<RecipeEntry, 'file'>): Recipe {
  return readJson(file);
}

export function builtInRecipes(): readonly Recipe[] {
  return BUILT_IN.map(builtInRecipe);
}

function readJson<Value>(name: string): Value {
  return JSON.parse(readFileSync(new URL(`${name}.json`, COMPILED), 'utf8')) as Value;
}
