import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { recipes } from '../recipes/index.ts';
import { canonicalJson } from './canonical-json.ts';
import { MkbaseError } from './errors.ts';
import { didYouMean } from './nearest.ts';
import type { Recipe } from './recipe.ts';

// From dist/src, where this module runs: the keys are data and stay where they are kept.
const KEYS = new URL('../../recipes/keys/', import.meta.url);

/** A recipe, with the files of the keys that it allows. */
export interface LoadedRecipe extends Recipe {
  /** `debian:bookworm`. */
  readonly name: string;
  /** sha256, hex, of the recipe's data and its keys. */
  readonly digest: string;
  readonly keyFiles: readonly KeyFile[];
}

export interface KeyFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** The recipe that `name` stands for: a codename, an alias, or either after `debian:`, or a release's number there. */
export function findRecipe(name: string, known: readonly Recipe[] = recipes): Recipe {
  const wanted = name.toLowerCase();
  const found = known.find((recipe) => namesOf(recipe).includes(wanted));
  if (found !== undefined) return found;
  throw new MkbaseError('usage/unknown-suite', `there is no recipe for \`${name}\``, {
    hint: didYouMean(name, known.flatMap(namesOf)) ?? 'see `mkbase list` for all suites',
  });
}

/** Every name that {@link findRecipe} knows a recipe by. */
export function namesOf(recipe: Recipe): string[] {
  const names = [recipe.suite, ...recipe.aliases];
  const qualified = [...names, ...(recipe.release === null ? [] : [recipe.release])];
  return [...names, ...qualified.map((name) => `${recipe.distribution}:${name}`)];
}

export async function loadRecipe(recipe: Recipe): Promise<LoadedRecipe> {
  const keyFiles = await Promise.all(
    recipe.keys.map(async (name) => ({ name, bytes: await readFile(new URL(name, KEYS)) })),
  );
  const keyDigests = keyFiles.map(({ bytes }) => sha256(bytes));
  return {
    ...recipe,
    name: `${recipe.distribution}:${recipe.suite}`,
    digest: sha256(canonicalJson({ recipe, keyDigests })),
    keyFiles,
  };
}

function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
