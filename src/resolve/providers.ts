import type { PlanState } from './plan-state.ts';
import { matches, type Package, type Relation, type Target, type Version } from './universe.ts';

/**
 * The candidates that would satisfy a relation, in the order in which apt tries them: alternatives
 * from left to right and what is in place before all others. The package of the very name comes
 * before those that provide it; among these, Essential, Protected and the better priority first,
 * and then the one that the index mentions *later*.
 */
export function rankProviders(state: PlanState, relation: Relation): readonly Version[] {
  const chosen = (name: Package) => state.markOf(name).candidate;
  const ranked = relation.targets.flatMap((target) =>
    matches(state.universe, relation, { target, chosen }).sort((a, b) => compare(state, target, [a, b])),
  );
  const inPlace = ranked.filter((version) => state.installed.has(version));
  return [...new Set([...inPlace, ...ranked])];
}

function compare(state: PlanState, target: Target, [a, b]: readonly [Version, Version]): number {
  return (
    first(state.markOf(a.package).protected, state.markOf(b.package).protected) ||
    first(state.isInstalled(a.package), state.isInstalled(b.package)) ||
    compareRank(target.package, a, b) ||
    state.universe.mentionOrder(b.package, a.package)
  );
}

/** The order of both apt solvers: the package of that name, essential, protected, then priority. */
export function compareRank(target: Package, a: Version, b: Version): number {
  return (
    first(a.package === target, b.package === target) ||
    first(a.package.essential, b.package.essential) ||
    first(a.package.protected, b.package.protected) ||
    a.priority - b.priority
  );
}

function first(a: boolean, b: boolean): number {
  return Number(b) - Number(a);
}
