/** The only list of families. */

import type { LockSections } from '../lock/section.ts';
import { apk } from './apk/family.ts';
import { apt } from './apt/family.ts';
import type { Family } from './family.ts';

export const FAMILIES: readonly Family[] = [apt, apk];

/** What locks hold for each of them, by its name. */
export const LOCK_SECTIONS: LockSections = Object.fromEntries(
  FAMILIES.map(({ name, lock, repositoriesOf }) => [name, { ...lock, repositoriesOf }]),
);

/** By the name that recipes and locks have for it. */
export function familyOf({ family: name }: { readonly family: string }): Family {
  const family = FAMILIES.find((one) => one.name === name);
  if (family === undefined) throw new Error(`no family ${name}`);
  return family;
}
