import { stringify } from 'yaml';
import type { RecipeForm } from './form.ts';
import type { Recipe } from './recipe.ts';
import { mapKeysLater, sourceOf } from './recipe-source.ts';
import type { KeyFile, LoadedRecipe } from './recipes.ts';

/** In the order of a reader. */
const ORDER = [
  'family',
  'distribution',
  'suite',
  'release',
  'system',
  'aliases',
  'endOfLife',
  'arches',
  'components',
];

/** A recipe as a YAML file that stands alone, keys and all: it is the same recipe when it is read again. */
export async function recipeText(
  { name: _, keyFiles, ...recipe }: LoadedRecipe<Recipe>,
  form: RecipeForm,
): Promise<string> {
  const source = sourceOf(recipe, keyFiles, form);
  const { keys, ...rest } = await mapKeysLater(source, form, (files: readonly KeyFile[]) =>
    Promise.all(files.map(form.keyText)),
  );
  const first = ORDER.filter((name) => Object.hasOwn(rest, name));
  const value = {
    ...Object.fromEntries(first.map((name) => [name, rest[name]])),
    ...rest,
    ...(keys !== undefined && { keys }),
  };
  return stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
}
