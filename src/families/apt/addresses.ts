import type { Plan } from '../family.ts';
import { urlOf } from '../mirror-address.ts';
import { LOCAL, type LocalPackage } from './local-packages.ts';

/** Where each file of a plan can be had: below the rungs of its pocket, or on this machine. */
export function addresses(
  rungs: readonly (readonly [pocket: string, rungs: readonly string[]])[],
  local: readonly LocalPackage[],
): Plan['urlsOf'] {
  // Of a pocket given twice the last counts.
  const rungsOf = new Map(rungs);
  return (path, pocket) => {
    if (pocket === LOCAL) return local.filter((one) => one.path === path).map(({ url }) => url);
    return (rungsOf.get(pocket) ?? []).map((rung) => urlOf(rung, path));
  };
}
