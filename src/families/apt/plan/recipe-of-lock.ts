import type { Lock } from '../../../lock/lock.ts';
import type { RecipeSource } from '../../../recipe/recipe-source.ts';

/** The suite of a Lock, as far as the Lock says what it is: enough to build it again. */
export function recipeOfLock({ recipe, arch, components, indexes }: Lock): RecipeSource {
  const pockets = indexes
    .filter(({ own }) => own === undefined)
    .map(({ pocket, suite, uri, snapshots, separate }) => {
      const source = {
        ...{ suite, mirrors: { default: [uri] } },
        ...(snapshots !== undefined && { snapshots }),
        ...(separate && { separate: { signedBy: null } }),
      };
      return [pocket, source] as const;
    });
  const { distribution, suite, release, system } = recipe;
  return {
    ...{ family: 'apt', distribution, suite, release, arches: [arch], components, keys: [] },
    ...(system && { system }),
    pockets: Object.fromEntries(pockets),
  };
}
