/** The only list of families. */

import { apk } from './apk/family.ts';
import { apt } from './apt/family.ts';
import type { Family } from './family.ts';

export const FAMILIES: readonly Family[] = [apt, apk];

/** By the name that recipes and locks have for it. */
export function familyOf({ family: name }: { readonly family: string }): Family {
  const family = FAMILIES.find((one) => one.name === name);
  if (family === undefined) throw new Error(`no family ${name}`);
  return family;
}
