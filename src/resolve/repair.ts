import type { Marking, PlanState } from './plan-state.ts';
import { scorePackages } from './scores.ts';
import { runSteps, type Step } from './trampoline.ts';
import {
  isCritical,
  isNegative,
  matches,
  type Package,
  type Relation,
  type Target,
  type Version,
} from './universe.ts';

const MAX_ROUNDS = 20;

/**
 * apt's second step: from the highest score to the lowest, each package that is broken is given up
 * for what it lacks or conflicts with, or the other way round. Returns what is broken after all.
 */
export function repair(state: PlanState, marking: Marking): readonly Relation[] {
  if (allBroken().length === 0) return [];
  const scores = scorePackages(state);
  const scoreOf = (name: Package) => scores.get(name) ?? 0;
  const reinstated = new Set<Package>();
  const byScore = [...state.touched()].map(([name]) => name).sort((a, b) => scoreOf(b) - scoreOf(a));
  for (let round = 0, changed = true; round < MAX_ROUNDS && changed; round++) {
    changed = false;
    for (const name of byScore) {
      if (state.isBroken(name) && mend(name, round)) changed = true;
    }
  }
  return allBroken();

  function allBroken(): Relation[] {
    return [...state.touched()].flatMap(([name]) => brokenRelations(name));
  }

  function mend(name: Package, round: number): boolean {
    const rivals: Package[] = [];
    let changed = false;
    for (const relation of brokenRelations(name)) {
      const given = isNegative(relation)
        ? settleConflict(name, relation, rivals)
        : settleLack(name, relation);
      changed ||= given;
      if (state.markOf(name).chosen === null) return true;
    }
    for (const rival of rivals) {
      const dropped = marking.drop(rival);
      if (dropped) changed = true;
      if ((!dropped || round > 1) && scoreOf(name) > scoreOf(rival)) {
        scores.set(rival, scoreOf(name));
        changed = true;
      }
    }
    return changed;
  }

  /** A package that lacks something goes, unless it is protected: then what it lacks is tried once more. */
  function settleLack(name: Package, relation: Relation): boolean {
    if (!state.markOf(name).protected) return marking.drop(name);
    return relation.targets.some((target) =>
      allVersions(relation, target).some((version) => runSteps(reinstate(version.package))),
    );
  }

  function settleConflict(name: Package, relation: Relation, rivals: Package[]): boolean {
    for (const { package: rival } of chosenMatches(relation)) {
      if (scoreOf(name) <= scoreOf(rival)) {
        if (!state.markOf(name).protected) return marking.drop(name);
      } else if (!state.markOf(rival).protected) {
        rivals.push(rival);
      }
    }
    return false;
  }

  /** Puts a package back together with its missing dependencies where needed; each package is tried once. */
  function* reinstate(name: Package): Step<boolean> {
    const mark = state.markOf(name);
    if (reinstated.has(name) || mark.candidate === null || mark.protected) return false;
    reinstated.add(name);
    if (!marking.installAlone(name)) return false;
    for (const relation of brokenRelations(name)) {
      if (isNegative(relation) || (yield reinstateFor(relation))) continue;
      marking.drop(name);
      return false;
    }
    return true;
  }

  function* reinstateFor(relation: Relation): Step<boolean> {
    const candidate = (name: Package) => state.markOf(name).candidate;
    for (const target of relation.targets) {
      const [best] = matches(state.universe, relation, { target, chosen: candidate });
      if (best !== undefined && (yield reinstate(best.package))) return true;
    }
    return false;
  }

  function brokenRelations(name: Package): Relation[] {
    const chosen = state.markOf(name).chosen;
    return chosen?.relations.filter((relation) => isCritical(relation) && !state.holds(relation)) ?? [];
  }

  function chosenMatches(relation: Relation): Version[] {
    const chosen = (name: Package) => state.markOf(name).chosen;
    return relation.targets.flatMap((target) => matches(state.universe, relation, { target, chosen }));
  }

  function allVersions(relation: Relation, target: Target): Version[] {
    const candidate = (name: Package) => name.candidate;
    return matches(state.universe, relation, { target, chosen: candidate });
  }
}
