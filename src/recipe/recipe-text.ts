import { stringify } from 'yaml';
import { armorKeyring, readKeyring } from '../formats/openpgp.ts';
import type { Recipe } from './recipe.ts';
import { type RecipeSource, sourceOf } from './recipe-source.ts';
import type { KeyFile, LoadedRecipe } from './recipes.ts';

/** In the order of a reader. */
const ORDER = ['family', 'distribution', 'suite', 'release', 'aliases', 'endOfLife', 'arches', 'components'];

/** A recipe as a YAML file that stands alone, keys and all: it is the same recipe when it is read again. */
export async function recipeText({ name: _, keyFiles, ...recipe }: LoadedRecipe<Recipe>): Promise<string> {
  return sourceText(sourceOf(recipe as Recipe, keyFiles));
}

export async function sourceText(source: RecipeSource): Promise<string> {
  const { keys = [], ...rest } = source;
  const first = ORDER.filter((name) => Object.hasOwn(rest, name));
  const value = {
    ...Object.fromEntries(first.map((name) => [name, rest[name as keyof typeof rest]])),
    ...rest,
    keys: await keyTexts(keys),
  };
  return stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
}

async function keyTexts(keys: NonNullable<RecipeSource['keys']>): Promise<unknown> {
  const textsOf = (files: readonly KeyFile[]) => Promise.all(files.map(keyText));
  if (Array.isArray(keys)) return textsOf(keys as readonly KeyFile[]);
  const entries = Object.entries(keys as Readonly<Record<string, readonly KeyFile[]>>);
  return Object.fromEntries(
    await Promise.all(entries.map(async ([arch, files]) => [arch, await textsOf(files)] as const)),
  );
}

/** YAML is text: a binary keyring is armored. */
async function keyText({ name, bytes }: KeyFile): Promise<{ readonly name: string; readonly text: string }> {
  const text = bytes.toString();
  if (text.includes('-----BEGIN ')) return { name, text };
  return { name: name.replace(/\.gpg$/, '.asc'), text: await armorKeyring(await readKeyring(bytes, name)) };
}
