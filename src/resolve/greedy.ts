import { createPlanState, type Mark, type Marking, type PlanState } from './plan-state.ts';
import { applyPreferences } from './preferences.ts';
import { rankProviders } from './providers.ts';
import { repair } from './repair.ts';
import { dropUnreachable } from './sweep.ts';
import { runSteps, type Step } from './trampoline.ts';
import {
  isCritical,
  isNegative,
  matches,
  type Outcome,
  type Package,
  type Relation,
  type SolveOptions,
  type Universe,
  type Version,
} from './universe.ts';

/** As deep as apt follows. */
const MAX_DEPTH = 3000;

/**
 * Chooses versions as apt's own solver does before apt 3 ("classic"): depth first and greedy, one
 * candidate a package, a failed choice taken back. The plan has what was in place too.
 */
export function solveGreedily(
  universe: Universe,
  { requests, installed = [], recommends = false, preferences = [] }: SolveOptions,
): Outcome {
  const state = createPlanState(universe, { installed, recommends });
  for (const { package: wanted, version } of requests) {
    const mark = state.markOf(wanted);
    mark.candidate = version;
    mark.chosen = version;
    mark.protected = true;
    mark.auto = false;
  }
  const marking = new DepthFirstMarking(state, preferences);
  for (const { package: wanted } of requests) marking.install(wanted);
  const broken = repair(state, marking);
  if (broken.length > 0) return { plan: null, broken };
  dropUnreachable(state);
  return { plan: [...state.touched()].flatMap(([, { chosen }]) => chosen ?? []), broken };
}

interface Attempt {
  readonly depth: number;
  readonly byUser?: boolean;
}

/** Marks packages for the plan, depth first. */
class DepthFirstMarking implements Marking {
  readonly #state: PlanState;
  readonly #preferences: SolveOptions['preferences'];

  constructor(state: PlanState, preferences: SolveOptions['preferences']) {
    this.#state = state;
    this.#preferences = preferences;
  }

  install(name: Package): boolean {
    return runSteps(this.#install(name, { depth: 0, byUser: true }));
  }

  *#install(name: Package, { depth, byUser = false }: Attempt): Step<boolean> {
    const mark = this.#state.markOf(name);
    if (depth > MAX_DEPTH || mark.candidate === null || !this.#mayInstall(mark, byUser)) return false;
    if (!mark.protected && mark.chosen === mark.candidate && !this.#state.isIncomplete(name)) return true;
    if (this.#rejectUnsatisfiable(name, mark)) return false;

    const failsEarly = !mark.protected && !byUser;
    const candidate = mark.candidate;
    const work = this.#openRelations(candidate, mark.protected);
    let failed = !this.#removeConflicting(work.filter(isNegative), {
      keepGoing: !failsEarly,
      forGood: mark.protected,
    });
    if (failed && failsEarly) return false;
    this.#choose(mark, byUser);

    // While its dependencies are looked for, nothing may take the package itself out again.
    const wasProtected = mark.protected;
    mark.protected = true;
    const satisfied = yield this.#installDependencies(
      work.filter((relation) => !isNegative(relation)),
      { depth, keepGoing: wasProtected || byUser, forGood: wasProtected },
    );
    mark.protected = wasProtected;
    if (!satisfied) {
      if (failsEarly) {
        this.#discard(name, mark);
        return false;
      }
      failed = true;
    }
    return !failed;
  }

  installAlone(name: Package): boolean {
    const mark = this.#state.markOf(name);
    if (mark.candidate === null || !this.#mayInstall(mark, false)) return false;
    this.#choose(mark, false);
    return true;
  }

  drop(name: Package): boolean {
    const mark = this.#state.markOf(name);
    if (mark.chosen === null) return true;
    if (mark.protected || this.#state.isInstalled(name)) return false;
    mark.chosen = null;
    return true;
  }

  #mayInstall(mark: Mark, byUser: boolean): boolean {
    return byUser || !mark.protected || mark.chosen !== null;
  }

  #choose(mark: Mark, byUser: boolean): void {
    if (mark.chosen === mark.candidate) return;
    mark.chosen = mark.candidate;
    mark.auto = !byUser;
  }

  /** Discards this package only: those marked for its sake stay, and are dropped at the end if unused. */
  #discard(name: Package, mark: Mark): void {
    if (this.#state.isInstalled(name)) return;
    mark.chosen = null;
    mark.candidate = null;
  }

  /** A package that needs what no candidate gives is not even begun with. */
  #rejectUnsatisfiable(name: Package, mark: Mark): boolean {
    const candidate = mark.candidate;
    if (candidate === null || this.#state.isInstalled(name)) return false;
    const unsatisfiable = candidate.relations.some(
      (relation) =>
        isCritical(relation) &&
        !isNegative(relation) &&
        !this.#state.holds(relation) &&
        !this.#hasCandidate(relation),
    );
    if (unsatisfiable && !mark.protected) {
      mark.candidate = null;
      mark.chosen = null;
    }
    return unsatisfiable;
  }

  #hasCandidate(relation: Relation): boolean {
    const chosen = (name: Package) => name.candidate;
    return relation.targets.some(
      (target) => matches(this.#state.universe, relation, { target, chosen }).length > 0,
    );
  }

  /** The relations that still ask for work; of a protected package, all: protection is passed on. */
  #openRelations(version: Version, all: boolean): Relation[] {
    return version.relations.filter(
      (relation) => this.#state.isWanted(relation) && (all || !this.#state.holds(relation)),
    );
  }

  /** `forGood`: bars the conflicting packages from the rest of the run. */
  #removeConflicting(
    conflicts: readonly Relation[],
    { keepGoing, forGood }: { keepGoing: boolean; forGood: boolean },
  ): boolean {
    let removed = true;
    for (const relation of conflicts) {
      for (const { package: rival } of this.#candidatesFor(relation)) {
        const mark = this.#state.markOf(rival);
        if (!this.drop(rival)) {
          removed = false;
          if (!keepGoing) return false;
        } else if (forGood) {
          mark.candidate = null;
          mark.protected = true;
        }
      }
    }
    return removed;
  }

  *#installDependencies(
    relations: readonly Relation[],
    { depth, keepGoing, forGood }: { depth: number; keepGoing: boolean; forGood: boolean },
  ): Step<boolean> {
    let satisfied = true;
    for (const relation of relations) {
      const done = this.#state.holds(relation)
        ? !forGood || (yield this.#protectOnlySolution(relation, depth))
        : yield this.#installOne(relation, { depth, forGood });
      if (done || !isCritical(relation)) continue;
      satisfied = false;
      if (!keepGoing) return false;
    }
    return satisfied;
  }

  *#protectOnlySolution(relation: Relation, depth: number): Step<boolean> {
    if (!isCritical(relation)) return true;
    const solutions = this.#candidatesFor(relation);
    const only = solutions.length === 1 ? solutions[0]!.package : null;
    if (only === null || this.#state.markOf(only).protected) return true;
    this.#state.markOf(only).protected = true;
    return yield this.#install(only, { depth: depth + 1 });
  }

  *#installOne(relation: Relation, { depth, forGood }: { depth: number; forGood: boolean }): Step<boolean> {
    const solutions = this.#candidatesFor(relation);
    const single = forGood && isCritical(relation) && solutions.length === 1;
    for (const version of solutions) {
      const name = version.package;
      const mark = this.#state.markOf(name);
      if (mark.candidate !== version) continue;
      if (single) {
        if (!this.installAlone(name)) continue;
        mark.protected = true;
      }
      if (yield this.#install(name, { depth: depth + 1 })) return true;
    }
    return false;
  }

  #candidatesFor(relation: Relation): readonly Version[] {
    const ranked = rankProviders(this.#state, relation);
    const possible = isNegative(relation)
      ? ranked
      : ranked.filter((version) => {
          const mark = this.#state.markOf(version.package);
          return !(mark.protected && mark.chosen === null);
        });
    return applyPreferences(possible, this.#preferences);
  }
}
