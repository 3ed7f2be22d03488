import type { PlanState } from './plan-state.ts';
import { isCritical, isNegative, matches, type Package, type Relation, type Version } from './universe.ts';

/** The score that apt's repair adds for a priority: required, important, standard, optional, extra. */
const PRIORITY_SCORE: readonly number[] = [0, 3, 2, 1, -1, -2];
const ESSENTIAL_SCORE = 100;
const ESSENTIAL_BONUS = 5000;
const PROTECTED_BONUS = 10_000;

/**
 * How much would break without each package of the plan: apt's repair gives up the lower of two
 * packages that cannot be together.
 */
export function scorePackages(state: PlanState): Map<Package, number> {
  const chosen = (name: Package) => state.markOf(name).chosen;
  const plan = [...state.touched()].flatMap(([, mark]) => mark.chosen ?? []);
  const scores = new Map<Package, number>();
  for (const version of plan) {
    if (isPrecious(version.package)) add(scores, version.package, ESSENTIAL_SCORE);
    add(scores, version.package, PRIORITY_SCORE[version.priority] ?? 0);
    for (const relation of version.relations) {
      for (const met of partners(relation)) add(scores, met, weightOf(relation));
    }
  }
  const inherited = inherit(plan, scores);
  for (const { package: name } of plan) {
    if (state.markOf(name).protected) add(inherited, name, PROTECTED_BONUS);
    if (isPrecious(name)) add(inherited, name, ESSENTIAL_BONUS);
  }
  return inherited;

  function partners(relation: Relation): Package[] {
    return relation.targets.flatMap((target) =>
      matches(state.universe, relation, { target, chosen }).map((version) => version.package),
    );
  }
}

/** Each package also gets the points of what depends on it, one level deep. */
function inherit(plan: readonly Version[], scores: ReadonlyMap<Package, number>): Map<Package, number> {
  const inherited = new Map(scores);
  for (const version of plan) {
    const own = scores.get(version.package) ?? 0;
    if (own <= 0) continue;
    for (const relation of version.relations) {
      if (isNegative(relation) || relation.kind === 'Suggests') continue;
      for (const { package: name } of relation.targets) add(inherited, name, own);
    }
  }
  return inherited;
}

function weightOf(relation: Relation): number {
  if (isNegative(relation)) return -1;
  return isCritical(relation) || relation.kind === 'Recommends' ? 1 : 0;
}

function isPrecious(name: Package): boolean {
  return name.essential || name.protected;
}

function add(scores: Map<Package, number>, name: Package, points: number): void {
  scores.set(name, (scores.get(name) ?? 0) + points);
}
