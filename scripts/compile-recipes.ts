/**
 * Compiles `recipes/*.yaml` into `dist/recipes/*.json`, one complete recipe a file, `index.json`, which tells
 * what name is in which file, and `list.json`, all that `mkbase list` shows: no run of mkbase reads YAML for a recipe
 * that comes with it. What moves with time comes from `recipes/releases.csv`. `npm run build` does it.
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { MkbaseError } from '../src/errors.ts';
import { FAMILIES, familyOf, RECIPE_FORMS } from '../src/families/index.ts';
import type { RecipeEntry, RecipeIndex } from '../src/recipe/built-in.ts';
import { listedSuite } from '../src/recipe/listed-suite.ts';
import { namesOf } from '../src/recipe/names.ts';
import type { Recipe } from '../src/recipe/recipe.ts';
import { readRecipeFile } from '../src/recipe/recipe-file.ts';
import { readReleases } from './release-table.ts';

// From dist/scripts, where this module runs.
const SOURCES = new URL('../../recipes/', import.meta.url);
const COMPILED = new URL('../recipes/', import.meta.url);

const releases = new Map(await readReleases());
const compiled: { readonly file: string; readonly recipe: Recipe }[] = [];
for (const name of (await readdir(SOURCES)).sort()) {
  if (!name.endsWith('.yaml')) continue;
  const shown = `recipes/${name}`;
  const found = await readRecipeFile(fileURLToPath(new URL(name, SOURCES)), {
    shown,
    forms: RECIPE_FORMS,
    named,
    bringsKeys: true,
  });
  if (found !== null)
    compiled.push({ file: name.replace(/\.yaml$/, ''), recipe: dated(found.recipe, shown) });
}
for (const name of releases.keys())
  throw new Error(`recipes/releases.csv has ${name}, and no recipe is of it`);
compiled.sort((a, b) => compare(placeOf(a.recipe), placeOf(b.recipe)));

await mkdir(COMPILED, { recursive: true });
for (const { file, recipe } of compiled) await writeJson(file, recipe);
const recipes = compiled.map(({ recipe }) => recipe);
await writeJson('index', {
  recipes: compiled.map(entryOf),
  arches: [...new Set(recipes.flatMap(({ arches }) => arches))].sort(),
  variants: FAMILIES.flatMap(({ variants }) => variants),
} satisfies RecipeIndex);
await writeJson(
  'list',
  recipes.map((recipe) => listedSuite(recipe, familyOf(recipe).repositoriesOf(recipe))),
);

function entryOf({ file, recipe }: (typeof compiled)[number]): RecipeEntry {
  const { distribution, suite, aliases } = recipe;
  return { file, distribution, suite, aliases, names: namesOf(recipe, RECIPE_FORMS[recipe.family]!) };
}

/** The recipe with its row of the table, which is then taken. */
function dated(recipe: Recipe, file: string): Recipe {
  const name = `${recipe.distribution}:${recipe.suite}`;
  const row = releases.get(name);
  if (row === undefined) throw new Error(`recipes/releases.csv has no ${name}, which ${file} describes`);
  if (recipe.release !== null || recipe.endOfLife !== null || recipe.aliases.length > 0) {
    throw new Error(`${file}: release, aliases and endOfLife of ${name} go into recipes/releases.csv`);
  }
  releases.delete(name);
  return { ...recipe, release: row.release, aliases: row.aliases, endOfLife: row.eolLts ?? row.eol };
}

async function named(name: string): Promise<never> {
  throw new MkbaseError('recipe/bad-value', `\`${name}\` is not compiled yet`, { hint: 'name its file' });
}

/** As people list them: Debian first, each oldest first, what is never released last. */
function placeOf({ distribution, release }: Recipe): readonly (string | number)[] {
  const order = ['debian', 'ubuntu', 'alpine'].indexOf(distribution);
  const parts = release === null ? [Infinity] : release.split('.').map(Number);
  return [order === -1 ? Infinity : order, distribution, ...parts];
}

function compare(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  const at = a.findIndex((part, index) => part !== b[index]);
  if (at === -1) return a.length - b.length;
  return b[at] === undefined || a[at]! > b[at]! ? 1 : -1;
}

async function writeJson(name: string, value: unknown): Promise<void> {
  await writeFile(new URL(`${name}.json`, COMPILED), `${JSON.stringify(value)}\n`);
}
