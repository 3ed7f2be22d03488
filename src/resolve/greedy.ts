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
  const marking = createMarking(state, preferences);
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

function createMarking(state: PlanState, preferences: SolveOptions['preferences']): Marking {
  const { universe, markOf } = state;
  return { install: (name) => runSteps(install(name, { depth: 0, byUser: true })), installAlone, drop };

  function* install(name: Package, { depth, byUser = false }: Attempt): Step<boolean> {
    const mark = markOf(name);
    if (depth > MAX_DEPTH || mark.candidate === null || !mayInstall(mark, byUser)) return false;
    if (!mark.protected && mark.chosen === mark.candidate && !state.isIncomplete(name)) return true;
    if (rejectUnsatisfiable(name, mark)) return false;

    const failsEarly = !mark.protected && !byUser;
    const candidate = mark.candidate;
    const work = openRelations(candidate, mark.protected);
    let failed = !removeConflicting(work.filter(isNegative), {
      keepGoing: !failsEarly,
      forGood: mark.protected,
    });
    if (failed && failsEarly) return false;
    choose(mark, byUser);

    // While its dependencies are looked for, nothing may take the package itself out again.
    const wasProtected = mark.protected;
    mark.protected = true;
    const satisfied = yield installDependencies(
      work.filter((relation) => !isNegative(relation)),
      { depth, keepGoing: wasProtected || byUser, forGood: wasProtected },
    );
    mark.protected = wasProtected;
    if (!satisfied) {
      if (failsEarly) {
        discard(name, mark);
        return false;
      }
      failed = true;
    }
    return !failed;
  }

  function installAlone(name: Package): boolean {
    const mark = markOf(name);
    if (mark.candidate === null || !mayInstall(mark, false)) return false;
    choose(mark, false);
    return true;
  }

  function drop(name: Package): boolean {
    const mark = markOf(name);
    if (mark.chosen === null) return true;
    if (mark.protected || state.isInstalled(name)) return false;
    mark.chosen = null;
    return true;
  }

  function mayInstall(mark: Mark, byUser: boolean): boolean {
    return byUser || !mark.protected || mark.chosen !== null;
  }

  function choose(mark: Mark, byUser: boolean): void {
    if (mark.chosen === mark.candidate) return;
    mark.chosen = mark.candidate;
    mark.auto = !byUser;
  }

  /** Discards this package only: those marked for its sake stay, and are dropped at the end if unused. */
  function discard(name: Package, mark: Mark): void {
    if (state.isInstalled(name)) return;
    mark.chosen = null;
    mark.candidate = null;
  }

  /** A package that needs what no candidate gives is not even begun with. */
  function rejectUnsatisfiable(name: Package, mark: Mark): boolean {
    const candidate = mark.candidate;
    if (candidate === null || state.isInstalled(name)) return false;
    const unsatisfiable = candidate.relations.some(
      (relation) =>
        isCritical(relation) && !isNegative(relation) && !state.holds(relation) && !hasCandidate(relation),
    );
    if (unsatisfiable && !mark.protected) {
      mark.candidate = null;
      mark.chosen = null;
    }
    return unsatisfiable;
  }

  function hasCandidate(relation: Relation): boolean {
    const chosen = (name: Package) => name.candidate;
    return relation.targets.some((target) => matches(universe, relation, { target, chosen }).length > 0);
  }

  /** The relations that still ask for work; of a protected package, all: protection is passed on. */
  function openRelations(version: Version, all: boolean): Relation[] {
    return version.relations.filter(
      (relation) => state.isWanted(relation) && (all || !state.holds(relation)),
    );
  }

  /** `forGood`: bars the conflicting packages from the rest of the run. */
  function removeConflicting(
    conflicts: readonly Relation[],
    { keepGoing, forGood }: { keepGoing: boolean; forGood: boolean },
  ): boolean {
    let removed = true;
    for (const relation of conflicts) {
      for (const { package: rival } of candidatesFor(relation)) {
        const mark = markOf(rival);
        if (!drop(rival)) {
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

  function* installDependencies(
    relations: readonly Relation[],
    { depth, keepGoing, forGood }: { depth: number; keepGoing: boolean; forGood: boolean },
  ): Step<boolean> {
    let satisfied = true;
    for (const relation of relations) {
      const done = state.holds(relation)
        ? !forGood || (yield protectOnlySolution(relation, depth))
        : yield installOne(relation, { depth, forGood });
      if (done || !isCritical(relation)) continue;
      satisfied = false;
      if (!keepGoing) return false;
    }
    return satisfied;
  }

  function* protectOnlySolution(relation: Relation, depth: number): Step<boolean> {
    if (!isCritical(relation)) return true;
    const solutions = candidatesFor(relation);
    const only = solutions.length === 1 ? solutions[0]!.package : null;
    if (only === null || markOf(only).protected) return true;
    markOf(only).protected = true;
    return yield install(only, { depth: depth + 1 });
  }

  function* installOne(
    relation: Relation,
    { depth, forGood }: { depth: number; forGood: boolean },
  ): Step<boolean> {
    const solutions = candidatesFor(relation);
    const single = forGood && isCritical(relation) && solutions.length === 1;
    for (const version of solutions) {
      const name = version.package;
      const mark = markOf(name);
      if (mark.candidate !== version) continue;
      if (single) {
        if (!installAlone(name)) continue;
        mark.protected = true;
      }
      if (yield install(name, { depth: depth + 1 })) return true;
    }
    return false;
  }

  function candidatesFor(relation: Relation): readonly Version[] {
    const ranked = rankProviders(state, relation);
    const possible = isNegative(relation)
      ? ranked
      : ranked.filter((version) => {
          const mark = markOf(version.package);
          return !(mark.protected && mark.chosen === null);
        });
    return applyPreferences(possible, preferences);
  }
}
