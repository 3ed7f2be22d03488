/** How a suite is named on the command line: by a name that comes with mkbase, or by a user's file. */
import { resolve } from 'node:path';
import { MkbaseError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { BUILT_IN } from './built-in.ts';
import type { RecipeForms } from './form.ts';
import { namesOf } from './names.ts';
import type { Recipe } from './recipe.ts';
import { type RecipeSource, sourceOf } from './recipe-source.ts';
import { findBuiltIn, findRecipe, type LoadedRecipe, loadedRecipe, loadRecipe } from './recipes.ts';
import { type RecipeFolders, userRecipeFiles } from './user-files.ts';

export interface RecipePlaces extends RecipeFolders {
  readonly forms: RecipeForms;
  readonly cwd: string;
}

export interface RecipeOptions extends RecipePlaces {
  /** `--recipe`: a file whose names come before all others. */
  readonly file: string | null;
}

/** A recipe is named by its file: `./acme.yaml`, `acme.yaml`, `recipes/acme`. */
export function isRecipePath(name: string): boolean {
  return name.includes('/') || name.endsWith('.yaml');
}

/**
 * The recipe that `name` stands for: a file; a name of the recipe in `--recipe`, of one of mkbase's own, or of
 * one in the folders of the user and of the host.
 *
 * @throws MkbaseError `usage/unknown-suite`, `recipe/…`
 */
export async function openRecipe(name: string, options: RecipeOptions): Promise<LoadedRecipe<Recipe>> {
  const { file, cwd, forms } = options;
  if (file !== null) {
    const found = await readUserRecipe(resolve(cwd, file), { shown: file, forms });
    const names = namesIn(found, forms);
    if (names.includes(name.toLowerCase())) return found;
    if (resolve(cwd, name) === resolve(cwd, file)) return found;
    throw new MkbaseError(
      'recipe/other-suite',
      `\`${file}\` is the recipe of \`${found.name}\` and not of \`${name}\``,
      {
        hint: `name its suite, \`${names[0]}\`, or leave \`--recipe\` out`,
      },
    );
  }
  if (isRecipePath(name)) return readUserRecipe(resolve(cwd, name), { shown: name, forms });
  if (findBuiltIn(name) !== undefined) return loadRecipe(findRecipe(name));
  const { recipes, broken } = await readUserRecipes(userRecipeFiles(options), forms);
  const wanted = name.toLowerCase();
  const found = recipes.find(({ recipe }) => namesIn(recipe, forms).includes(wanted));
  const inTheWay = broken.find(({ names }) => found === undefined || names.includes(wanted));
  if (inTheWay !== undefined) throw inTheWay.error;
  if (found !== undefined) return found.recipe;
  const known = [
    ...BUILT_IN.flatMap(({ names }) => names),
    ...recipes.flatMap(({ recipe }) => namesIn(recipe, forms)),
  ];
  throw new MkbaseError('usage/unknown-suite', `there is no recipe for \`${name}\``, {
    hint:
      didYouMean(name, known) ??
      'see `mkbase list` for all suites, or say where it is: a source `deb …`, a recipe `./NAME.yaml`',
  });
}

/** A recipe, and the file that it was read from as the user may name it. */
export interface UserRecipe {
  readonly recipe: LoadedRecipe<Recipe>;
  readonly from: string;
}

export interface UserRecipes {
  readonly recipes: readonly UserRecipe[];
  readonly broken: readonly BrokenRecipe[];
}

/** A file that cannot be used, with the names that it may have meant. */
interface BrokenRecipe {
  readonly error: MkbaseError;
  readonly names: readonly string[];
}

/**
 * The recipes in files of the folders of the user and of the host. One that takes a name of another, or of
 * mkbase's own, is broken, too: `recipe/name-clash`.
 */
export async function readUserRecipes(files: readonly string[], forms: RecipeForms): Promise<UserRecipes> {
  const owners = new Map<string, string>(
    // The first of a name counts.
    BUILT_IN.toReversed().flatMap(({ names, distribution, suite }) =>
      names.map((name) => [name, `mkbase's own \`${distribution}:${suite}\``]),
    ),
  );
  const recipes: UserRecipe[] = [];
  const broken: BrokenRecipe[] = [];
  for (const file of files) {
    const found = await readFile(file, { shown: file, forms }).catch((error: unknown) => {
      if (!(error instanceof MkbaseError)) throw error;
      broken.push({ error, names: [] });
      return null;
    });
    if (found === null) continue;
    const recipe = loadedRecipe(found.recipe, found.keyFiles);
    const names = namesIn(recipe, forms);
    const taken = names.find((name) => owners.has(name));
    if (taken !== undefined) {
      broken.push({ error: nameClash(file, taken, owners.get(taken)!), names });
      continue;
    }
    for (const name of names) owners.set(name, `\`${file}\``);
    recipes.push({ recipe, from: file });
  }
  return { recipes, broken };
}

interface Reading {
  readonly shown: string;
  readonly forms: RecipeForms;
}

/** @throws MkbaseError `recipe/…` */
export async function readUserRecipe(file: string, reading: Reading): Promise<LoadedRecipe<Recipe>> {
  const found = await readFile(file, reading);
  if (found !== null) return loadedRecipe(found.recipe, found.keyFiles);
  throw new MkbaseError('recipe/incomplete', `${reading.shown}:1:1: \`suite\` is missing`, {
    hint: 'a file without it is for others to be like: say `suite: NAME`',
  });
}

/** YAML is read where there is a file of a user's alone: its library takes a tenth of a second to load. */
async function readFile(file: string, { shown, forms }: Reading) {
  const { readRecipeFile } = await import('./recipe-file.ts');
  return readRecipeFile(file, { shown, forms, named: (name) => namedSource(name, forms) });
}

/** The recipe that `like` names: one of mkbase's own, which is the same on every machine. */
async function namedSource(name: string, forms: RecipeForms): Promise<RecipeSource> {
  const recipe = findRecipe(name);
  return sourceOf(recipe, (await loadRecipe(recipe)).keyFiles, forms[recipe.family]!);
}

function namesIn(recipe: Recipe, forms: RecipeForms): readonly string[] {
  return namesOf(recipe, forms[recipe.family]!);
}

function nameClash(file: string, name: string, owner: string): MkbaseError {
  return new MkbaseError(
    'recipe/name-clash',
    `\`${file}\` takes the name \`${name}\`, which is that of ${owner}`,
    {
      hint: 'give it another suite and other aliases; `--recipe FILE` takes it whatever its names are',
    },
  );
}
