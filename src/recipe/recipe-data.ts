/** A found recipe as plain JSON with its keys in it: it is the same recipe, to the byte of each key, when it is read again. */
import { isUtf8 } from 'node:buffer';
import type { JsonSchema } from '../json-schema.ts';
import type { RecipeForm } from './form.ts';
import type { Recipe } from './recipe.ts';
import { COMMON, DEFS, SETTINGS } from './recipe-schema.ts';
import { completed, mapKeys, type RecipeSource, recipeOf, sourceOf } from './recipe-source.ts';
import { type KeyFile, type LoadedRecipe, loadedRecipe } from './recipes.ts';

/** A recipe's file as it would be without `like`, and in the place of each key a {@link KeyData}. */
export type RecipeData = Readonly<Record<string, unknown>> & { readonly family: string };

/** A file of keys: its text, or in base64 where it is none. */
interface KeyData {
  readonly name: string;
  readonly text?: string;
  readonly base64?: string;
}

export function recipeData(
  { name: _, keyFiles, ...recipe }: LoadedRecipe<Recipe>,
  form: RecipeForm,
): RecipeData {
  const source = sourceOf(recipe, keyFiles, form);
  return mapKeys(source, form, (files: readonly KeyFile[]) => files.map(keyData)) as unknown as RecipeData;
}

/** The recipe of data that are as {@link recipeDataSchema} says. */
export function recipeOfData(data: RecipeData, form: RecipeForm): LoadedRecipe<Recipe> {
  const { recipe, keyFiles } = recipeOf(sourceOfData(data, form), form);
  return loadedRecipe(recipe, keyFiles);
}

/** The complete source: a schema of its own says what may not be missing in it. */
export function sourceOfData(data: RecipeData, form: RecipeForm): RecipeSource {
  const source = data as unknown as RecipeSource;
  return completed(
    mapKeys(source, form, (keys: readonly KeyData[]) => keys.map(keyFile)),
    form,
  );
}

export function recipeDataSchema({ schema }: RecipeForm, family: string): JsonSchema {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['family'],
    properties: {
      family: { const: family },
      ...COMMON,
      ...schema.properties,
      image: {
        type: 'object',
        additionalProperties: false,
        properties: { settings: SETTINGS, ...schema.image },
      },
    },
  };
}

/** The definitions that such schemas refer to. */
export function recipeDataDefs({ schema }: RecipeForm): Readonly<Record<string, JsonSchema>> {
  const { name, text } = DEFS.key!.properties!;
  const key: JsonSchema = {
    description: 'A file of keys: its text, or in base64 where it is none.',
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: { name: name!, text: text!, base64: { type: 'string', pattern: '^[A-Za-z0-9+/]*={0,2}$' } },
  };
  return { ...DEFS, key, ...schema.$defs };
}

function keyData({ name, bytes }: KeyFile): KeyData {
  return isUtf8(bytes) ? { name, text: bytes.toString() } : { name, base64: bytes.toString('base64') };
}

function keyFile({ name, text = '', base64 }: KeyData): KeyFile {
  return { name, bytes: base64 === undefined ? Buffer.from(text) : Buffer.from(base64, 'base64') };
}
