/** How a suite is named on the command line: by a name that comes with mkbase, or by a user's file. */
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MkbaseError, reasonOf } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { BUILT_IN, builtInRecipes } from './built-in.ts';
import type { Recipe } from './recipe.ts';
import { type RecipeSource, sourceOf } from './recipe-source.ts';
import { findBuiltIn, findRecipe, type LoadedRecipe, loadedRecipe, loadRecipe, namesOf } from './recipes.ts';

export interface RecipePlaces {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Where the host's administrator keeps recipes. */
  readonly hostFolder?: string;
}

export interface RecipeOptions extends RecipePlaces {
  /** `--recipe`: a file whose names come before all others. */
  readonly file: string | null;
}

/** A recipe, and the file that it was read from as the user may name it; null for one of mkbase's own. */
export interface ListedRecipe {
  readonly recipe: LoadedRecipe<Recipe> | Recipe;
  readonly from: string | null;
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
  const { file, cwd } = options;
  if (file !== null) {
    const found = await readUserRecipe(resolve(cwd, file), file);
    if (namesOf(found).includes(name.toLowerCase())) return found;
    if (resolve(cwd, name) === resolve(cwd, file)) return found;
    throw new MkbaseError(
      'recipe/other-suite',
      `\`${file}\` is the recipe of \`${found.name}\` and not of \`${name}\``,
      {
        hint: `name its suite, \`${namesOf(found)[0]}\`, or leave \`--recipe\` out`,
      },
    );
  }
  if (isRecipePath(name)) return readUserRecipe(resolve(cwd, name), name);
  if (findBuiltIn(name) !== undefined) return loadRecipe(findRecipe(name));
  const own = await userRecipes(options);
  const found = own.find(({ recipe }) => namesOf(recipe).includes(name.toLowerCase()));
  if (found !== undefined) return found.recipe;
  const known = [...BUILT_IN, ...own.map(({ recipe }) => recipe)].flatMap(namesOf);
  throw new MkbaseError('usage/unknown-suite', `there is no recipe for \`${name}\``, {
    hint:
      didYouMean(name, known) ??
      'see `mkbase list` for all suites, or say where it is: a source `deb …`, a recipe `./NAME.yaml`',
  });
}

/** All that `mkbase list` shows. */
export async function listRecipes(places: RecipePlaces): Promise<readonly ListedRecipe[]> {
  const own = await userRecipes(places);
  return [...builtInRecipes().map((recipe) => ({ recipe, from: null })), ...own];
}

interface UserRecipe extends ListedRecipe {
  readonly recipe: LoadedRecipe<Recipe>;
  readonly from: string;
}

/**
 * The recipes in the folders of the user and of the host.
 *
 * @throws MkbaseError `recipe/name-clash` for one that takes a name of another, or of mkbase's own
 */
async function userRecipes({ env, hostFolder = '/etc/mkbase/recipes' }: RecipePlaces): Promise<UserRecipe[]> {
  const config = env.XDG_CONFIG_HOME || (env.HOME && join(env.HOME, '.config'));
  const folders = [...(config ? [join(config, 'mkbase/recipes')] : []), hostFolder];
  const owners = new Map<string, string>(
    // The first of a name counts.
    BUILT_IN.toReversed().flatMap((entry) =>
      namesOf(entry).map((name) => [name, `mkbase's own \`${entry.distribution}:${entry.suite}\``]),
    ),
  );
  const recipes: UserRecipe[] = [];
  for (const file of (await Promise.all(folders.map(filesIn))).flat()) {
    const found = await readFile(file, file);
    if (found === null) continue;
    const recipe = loadedRecipe(found.recipe, found.keyFiles);
    for (const name of namesOf(recipe)) {
      const owner = owners.get(name);
      if (owner !== undefined) throw nameClash(file, name, owner);
      owners.set(name, `\`${file}\``);
    }
    recipes.push({ recipe, from: file });
  }
  return recipes;
}

async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new MkbaseError('recipe/unreadable', `cannot read \`${folder}\`: ${reasonOf(cause)}`, {
      hint: 'recipes are read from there: make it readable to this user',
      cause,
    });
  });
  return names
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => join(folder, name));
}

/** @throws MkbaseError `recipe/…` */
export async function readUserRecipe(file: string, shown: string): Promise<LoadedRecipe<Recipe>> {
  const found = await readFile(file, shown);
  if (found !== null) return loadedRecipe(found.recipe, found.keyFiles);
  throw new MkbaseError('recipe/incomplete', `${shown}:1:1: \`suite\` is missing`, {
    hint: 'a file without it is for others to be like: say `suite: NAME`',
  });
}

/** YAML is read where there is a file of a user's alone: its library takes a tenth of a second to load. */
async function readFile(file: string, shown: string) {
  const { readRecipeFile } = await import('./recipe-file.ts');
  return readRecipeFile(file, { shown, named: namedSource });
}

/** What `like` may name: a recipe of mkbase's own, which is the same on every machine. */
async function namedSource(name: string): Promise<RecipeSource> {
  const recipe = findRecipe(name);
  return sourceOf(recipe, (await loadRecipe(recipe)).keyFiles);
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
