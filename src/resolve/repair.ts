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
  return new Repair(state, marking).run();
}

class Repair {
  readonly #state: PlanState;
  readonly #marking: Marking;
  readonly #reinstated = new Set<Package>();
  #scores: Map<Package, number> = new Map();

  constructor(state: PlanState, marking: Marking) {
    this.#state = state;
    this.#marking = marking;
  }

  run(): readonly Relation[] {
    if (this.#allBroken().length === 0) return [];
    this.#scores = scorePackages(this.#state);
    const names = [...this.#state.touched()].map(([name]) => name);
    const byScore = names.sort((a, b) => this.#scoreOf(b) - this.#scoreOf(a));
    for (let round = 0, changed = true; round < MAX_ROUNDS && changed; round++) {
      changed = false;
      for (const name of byScore) {
        if (this.#state.isBroken(name) && this.#mend(name, round)) changed = true;
      }
    }
    return this.#allBroken();
  }

  #scoreOf(name: Package): number {
    return this.#scores.get(name) ?? 0;
  }

  #allBroken(): Relation[] {
    return [...this.#state.touched()].flatMap(([name]) => this.#brokenRelations(name));
  }

  #mend(name: Package, round: number): boolean {
    const rivals: Package[] = [];
    let changed = false;
    for (const relation of this.#brokenRelations(name)) {
      const given = isNegative(relation)
        ? this.#settleConflict(name, relation, rivals)
        : this.#settleLack(name, relation);
      changed ||= given;
      if (this.#state.markOf(name).chosen === null) return true;
    }
    for (const rival of rivals) {
      const dropped = this.#marking.drop(rival);
      if (dropped) changed = true;
      if ((!dropped || round > 1) && this.#scoreOf(name) > this.#scoreOf(rival)) {
        this.#scores.set(rival, this.#scoreOf(name));
        changed = true;
      }
    }
    return changed;
  }

  /** A package that lacks something goes, unless it is protected: then what it lacks is tried once more. */
  #settleLack(name: Package, relation: Relation): boolean {
    if (!this.#state.markOf(name).protected) return this.#marking.drop(name);
    return relation.targets.some((target) =>
      this.#allVersions(relation, target).some((version) => runSteps(this.#reinstate(version.package))),
    );
  }

  #settleConflict(name: Package, relation: Relation, rivals: Package[]): boolean {
    for (const { package: rival } of this.#chosenMatches(relation)) {
      if (this.#scoreOf(name) <= this.#scoreOf(rival)) {
        if (!this.#state.markOf(name).protected) return this.#marking.drop(name);
      } else if (!this.#state.markOf(rival).protected) {
        rivals.push(rival);
      }
    }
    return false;
  }

  /** Puts a package back together with its missing dependencies where needed; each package is tried once. */
  *#reinstate(name: Package): Step<boolean> {
    const mark = this.#state.markOf(name);
    if (this.#reinstated.has(name) || mark.candidate === null || mark.protected) return false;
    this.#reinstated.add(name);
    if (!this.#marking.installAlone(name)) return false;
    for (const relation of this.#brokenRelations(name)) {
      if (isNegative(relation) || (yield this.#reinstateFor(relation))) continue;
      this.#marking.drop(name);
      return false;
    }
    return true;
  }

  *#reinstateFor(relation: Relation): Step<boolean> {
    const candidate = (name: Package) => this.#state.markOf(name).candidate;
    for (const target of relation.targets) {
      const [best] = matches(this.#state.universe, relation, { target, chosen: candidate });
      if (best !== undefined && (yield this.#reinstate(best.package))) return true;
    }
    return false;
  }

  #brokenRelations(name: Package): Relation[] {
    const chosen = this.#state.markOf(name).chosen;
    return chosen?.relations.filter((relation) => isCritical(relation) && !this.#state.holds(relation)) ?? [];
  }

  #chosenMatches(relation: Relation): Version[] {
    const chosen = (name: Package) => this.#state.markOf(name).chosen;
    return relation.targets.flatMap((target) => matches(this.#state.universe, relation, { target, chosen }));
  }

  #allVersions(relation: Relation, target: Target): Version[] {
    const candidate = (name: Package) => name.candidate;
    return matches(this.#state.universe, relation, { target, chosen: candidate });
  }
}
