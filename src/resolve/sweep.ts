import type { PlanState } from './plan-state.ts';
import { isNegative, matches, type Package, type Relation, type Universe, type Version } from './universe.ts';

/**
 * Takes out of the plan what was pulled in and is needed no more: a choice that was taken back
 * leaves its dependencies behind. Suggestions keep a package, as in apt.
 */
export function dropUnreachable(state: PlanState): void {
  const chosen = (name: Package) => state.markOf(name).chosen;
  const roots = [...state.touched()].flatMap(([name, mark]) => {
    const isRoot = !mark.auto || name.essential || name.protected || state.isInstalled(name);
    return mark.chosen !== null && isRoot ? [mark.chosen] : [];
  });
  const kept = reachable(state.universe, { roots, chosen, follows: (relation) => !isNegative(relation) });
  for (const [, mark] of state.touched()) {
    if (mark.chosen !== null && !kept.has(mark.chosen)) mark.chosen = null;
  }
}

/** The roots and all chosen versions that they need by way of the relations that count. */
export function reachable(
  universe: Universe,
  {
    roots,
    chosen,
    follows,
  }: {
    roots: readonly Version[];
    chosen: (name: Package) => Version | null;
    follows: (relation: Relation) => boolean;
  },
): ReadonlySet<Version> {
  const kept = new Set(roots);
  // A set hands out what is added while it is walked.
  for (const version of kept) {
    for (const relation of version.relations.filter(follows)) {
      for (const target of relation.targets) {
        for (const met of matches(universe, relation, { target, chosen })) kept.add(met);
      }
    }
  }
  return kept;
}
