import { readFileSync } from 'node:fs';
import { MkbaseError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { BUILT_IN, builtInRecipe, type RecipeEntry } from './built-in.ts';
import type { Recipe } from './recipe.ts';

// From dist/src/recipe, where this module runs: the keys are data and stay where they are kept.
const KEYS = new URL('../../../recipes/keys/', import.meta.url);

/** The name of a recipe, and the files of the keys that it allows. */
interface Loaded {
  /** `debian:bookworm`. */
  readonly name: string;
  readonly keyFiles: readonly KeyFile[];
}

export type LoadedRecipe<R extends Recipe> = R & Loaded;

export interface KeyFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * The recipe that `name` stands for: a codename, an alias, or either after `debian:`, or a release's number
 * there, with or without a point release; the distribution alone where one of its suites is `latest`.
 */
export function findRecipe(name: string): Recipe {
  const found = findBuiltIn(name);
  if (found !== undefined) return builtInRecipe(found);
  throw new MkbaseError('usage/unknown-suite', `there is no recipe for \`${name}\``, {
    hint:
      didYouMean(
        name,
        BUILT_IN.flatMap(({ names }) => names),
      ) ?? 'see `mkbase list` for all suites',
  });
}

export function findBuiltIn(name: string): RecipeEntry | undefined {
  const wanted = name.toLowerCase();
  const named = (text: string) => BUILT_IN.find(({ names }) => names.includes(text));
  return named(wanted) ?? named(POINT_RELEASE.exec(wanted)?.[1] ?? wanted);
}

/** `debian:13.8`: the release, and the number of the point release. */
const POINT_RELEASE = /^([a-z]+:\d+(?:\.\d+)?)\.\d+$/;

/**
 * The point release that `name` asks for, `13.8` of `debian:13.8`; null where it names none. An archive has one
 * at a time: whoever plans compares.
 */
export function pointReleaseOf(name: string, { distribution, release }: Recipe): string | null {
  const [prefix, number = ''] = name.toLowerCase().split(':');
  const isPoint = prefix === distribution && number !== release && POINT_RELEASE.test(name.toLowerCase());
  return isPoint ? number : null;
}

/** The archive has another point release than the one that was asked for. */
export function otherPointRelease(name: string, there: string | null): MkbaseError {
  const has = there === null ? 'does not say which it has' : `has \`${there}\``;
  return new MkbaseError(
    'resolution/other-point-release',
    `\`${name}\` is asked for, and the archive ${has}`,
    {
      hint: 'name the release without its point release, or an earlier moment of the archive with `--snapshot`',
    },
  );
}

/** The recipe with its keys read. */
export async function loadRecipe<R extends Recipe>(recipe: R): Promise<LoadedRecipe<R>> {
  const keyFiles = recipe.keyNames.map((name) => ({ name, bytes: readFileSync(new URL(name, KEYS)) }));
  return loadedRecipe(recipe, keyFiles);
}

export function loadedRecipe<R extends Recipe>(recipe: R, keyFiles: readonly KeyFile[]): LoadedRecipe<R> {
  return { ...recipe, name: `${recipe.distribution}:${recipe.suite}`, keyFiles };
}
