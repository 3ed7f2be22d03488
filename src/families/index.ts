/** The only list of families. */

import { MkbaseError, quoted } from '../errors.ts';
import type { LockSections } from '../lock/section.ts';
import type { RecipeForms } from '../recipe/form.ts';
import { apk } from './apk/family.ts';
import { apt } from './apt/family.ts';
import type { Family } from './family.ts';

export const FAMILIES: readonly Family[] = [apt, apk];

/** The lock section of each family, by its name. */
export const LOCK_SECTIONS: LockSections = Object.fromEntries(
  FAMILIES.map(({ name, lock, repositoriesOf }) => [name, { ...lock, repositoriesOf }]),
);

/** How recipes of each of them are read, by its name. */
export const RECIPE_FORMS: RecipeForms = Object.fromEntries(
  FAMILIES.map(({ name, recipeForm }) => [name, recipeForm]),
);

/** By the name that recipes and locks have for it. @throws MkbaseError `recipe/unknown-family` */
export function familyOf({ family: name }: { readonly family: string }): Family {
  const family = FAMILIES.find((one) => one.name === name);
  if (family === undefined) {
    throw new MkbaseError('recipe/unknown-family', `${quoted(name)} is no family that this mkbase knows`, {
      hint: `there is ${FAMILIES.map((one) => one.name).join(', ')}; or take a newer mkbase`,
    });
  }
  return family;
}
