import type { RecipeForm } from './form.ts';
import type { Recipe } from './recipe.ts';

/** Names of Docker Hub's tags, which say nothing without the distribution. */
const TAGS = ['latest', 'rolling'];

/** Every name that a recipe is found by, in lower case. */
export function namesOf(
  { distribution, suite, aliases, release }: Pick<Recipe, 'distribution' | 'suite' | 'aliases' | 'release'>,
  { namesAlone }: RecipeForm,
): string[] {
  const names = [suite, ...aliases];
  const qualified = [...names, ...(release === null ? [] : [release])].map(
    (name) => `${distribution}:${name}`,
  );
  if (aliases.includes('latest')) qualified.push(distribution);
  const alone = namesAlone ? names.filter((name) => !TAGS.includes(name)) : [];
  return [...alone, ...qualified].map((name) => name.toLowerCase());
}
