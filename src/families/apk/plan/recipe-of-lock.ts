import type { Lock } from '../../../lock/lock.ts';
import type { RecipeSource } from '../../../recipe/recipe-source.ts';

/** The branch of a Lock, as far as the Lock says what it is: enough to build it again. */
export function recipeOfLock({ recipe, arch, components, indexes }: Lock): RecipeSource {
  const { distribution, suite, release, system } = recipe;
  const mirrors = indexes.filter(({ own }) => own === undefined).map(({ uri }) => uri);
  return {
    ...{ family: 'apk', distribution, suite, release, arches: [arch], components, keys: [] },
    ...(system && { system }),
    mirrors: { default: [...new Set(mirrors)] },
  };
}
