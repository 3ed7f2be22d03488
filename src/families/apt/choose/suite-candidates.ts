/** apt-get(8), `name/suite`: dependencies that nothing else satisfies are taken from that suite as well. */
import {
  isCritical,
  isNegative,
  matches,
  type Package,
  type Relation,
  type Version,
} from '../../../resolve/universe.ts';
import type { AptVersion } from './apt-version.ts';
import type { AptUniverse } from './universe.ts';

/**
 * Makes a version its package's candidate and, for each dependency that no candidate meets, the version that
 * `suite` has, and so on for the dependencies of that. If that does not help, the candidates stay as they
 * were, and the solver reports the missing package.
 */
export function takeFromSuite(universe: AptUniverse, version: Version, suite: string): void {
  const chosen = new Map<Package, Version>([[version.package, version]]);
  if (addNeeds(universe, { version, suite, chosen }))
    for (const one of chosen.values()) universe.makeCandidate(one);
}

interface Need {
  readonly version: Version;
  readonly suite: string;
  /** The versions taken from the suite so far. */
  readonly chosen: Map<Package, Version>;
}

/** False where a dependency stays unmet. */
function addNeeds(universe: AptUniverse, { version, suite, chosen }: Need): boolean {
  const pending = [version];
  for (const owner of pending) {
    for (const relation of owner.relations) {
      if (!isCritical(relation) || isNegative(relation) || isMet(universe, relation, chosen)) continue;
      const switched = ofSuite(universe, relation, suite);
      if (switched === null) return false;
      chosen.set(switched.package, switched);
      pending.push(switched);
    }
  }
  return true;
}

function isMet(universe: AptUniverse, relation: Relation, chosen: ReadonlyMap<Package, Version>): boolean {
  const candidate = (name: Package) => chosen.get(name) ?? name.candidate;
  return relation.targets.some((target) =>
    matches(universe, relation, { target, chosen: candidate }).some((version) =>
      isInstallable(universe, version, chosen),
    ),
  );
}

/** Whether what it needs has candidates, one step deep: as far as apt looks before it asks the suite. */
function isInstallable(
  universe: AptUniverse,
  version: Version,
  chosen: ReadonlyMap<Package, Version>,
): boolean {
  const candidate = (name: Package) => chosen.get(name) ?? name.candidate;
  return version.relations.every(
    (relation) =>
      !isCritical(relation) ||
      isNegative(relation) ||
      relation.targets.some(
        (target) => matches(universe, relation, { target, chosen: candidate }).length > 0,
      ),
  );
}

/** The suite's version of the first target that asks for one and gets it so. */
function ofSuite(universe: AptUniverse, relation: Relation, suite: string): AptVersion | null {
  for (const target of relation.targets) {
    if (target.op === null) continue;
    const found = universe
      .versionsOf(target.package.name)
      .find(({ version, source }) => source.names.includes(suite) && universe.satisfies(version, target));
    if (found !== undefined) return found;
  }
  return null;
}
