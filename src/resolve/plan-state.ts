import {
  isCritical,
  isNegative,
  matches,
  type Package,
  type Relation,
  type Universe,
  type Version,
} from './universe.ts';

/** The greedy solver's decision about one package so far. */
export interface Mark {
  /** The version of the plan; null when the package is not in it. */
  chosen: Version | null;
  /** The version that may still be chosen; null once it was discarded for this run. */
  candidate: Version | null;
  /** Only the user's own wish may change it. */
  protected: boolean;
  /** Pulled in by a dependency. */
  auto: boolean;
}

/** The plan while it is made. */
export interface PlanState {
  readonly universe: Universe;
  readonly recommends: boolean;
  /** In place before this run; never taken out. */
  readonly installed: ReadonlySet<Version>;
  readonly markOf: (name: Package) => Mark;
  /** Every package that was ever asked about. */
  readonly touched: () => IterableIterator<[Package, Mark]>;
  /** Whether the plan has a version for one of the targets; for a negative relation, for none. */
  readonly holds: (relation: Relation) => boolean;
  /** Whether a group must hold, or is wanted where it can be had. */
  readonly isWanted: (relation: Relation) => boolean;
  /** Whether a package of the plan lacks something critical. */
  readonly isBroken: (name: Package) => boolean;
  /** As {@link isBroken}, and recommendations count where they are wanted. */
  readonly isIncomplete: (name: Package) => boolean;
  readonly isInstalled: (name: Package) => boolean;
}

/** Changes to the plan that keep its rules. */
export interface Marking {
  /** Puts a package that was asked for into the plan with all that it needs; false where that failed. */
  readonly install: (name: Package) => boolean;
  /** Puts a package's candidate into the plan, and nothing that it needs. */
  readonly installAlone: (name: Package) => boolean;
  /** Takes a package out again; false where it may not be. */
  readonly drop: (name: Package) => boolean;
}

export function createPlanState(
  universe: Universe,
  { installed, recommends }: { installed: readonly Version[]; recommends: boolean },
): PlanState {
  const marks = new Map<Package, Mark>();
  const inPlace = new Set(installed);
  for (const version of installed) {
    marks.set(version.package, { chosen: version, candidate: version, protected: false, auto: true });
  }
  const chosenOf = (name: Package) => marks.get(name)?.chosen ?? null;

  return {
    universe,
    recommends,
    installed: inPlace,
    markOf,
    touched: () => marks.entries(),
    holds,
    isWanted,
    isBroken: (name) => lacks(name, isCritical),
    isIncomplete: (name) => lacks(name, isWanted),
    isInstalled: (name) => {
      const chosen = chosenOf(name);
      return chosen !== null && inPlace.has(chosen);
    },
  };

  function markOf(name: Package): Mark {
    let mark = marks.get(name);
    if (mark === undefined) {
      mark = { chosen: null, candidate: name.candidate, protected: false, auto: false };
      marks.set(name, mark);
    }
    return mark;
  }

  function holds(relation: Relation): boolean {
    const met = relation.targets.some(
      (target) => matches(universe, relation, { target, chosen: chosenOf }).length > 0,
    );
    return met !== isNegative(relation);
  }

  function isWanted(relation: Relation): boolean {
    return isCritical(relation) || (recommends && relation.kind === 'Recommends');
  }

  function lacks(name: Package, counts: (relation: Relation) => boolean): boolean {
    const chosen = chosenOf(name);
    return chosen?.relations.some((relation) => counts(relation) && !holds(relation)) ?? false;
  }
}
