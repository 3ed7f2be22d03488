import { type Clause, refute } from './refutation.ts';
import {
  isCritical,
  isNegative,
  matches,
  type Package,
  type Relation,
  type Request,
  type Universe,
  type Version,
} from './universe.ts';

/** One of the things that must all hold for a plan to be whole. */
export type Fact =
  | { readonly kind: 'request'; readonly request: Request }
  | { readonly kind: 'need'; readonly relation: Relation; readonly solutions: readonly Version[] }
  | { readonly kind: 'conflict'; readonly relation: Relation; readonly rival: Version };

export type Finding =
  /** Facts that cannot hold together: no plan has all requests. */
  | { readonly kind: 'contradiction'; readonly facts: readonly Fact[] }
  /** Some plan has them. */
  | { readonly kind: 'consistent' }
  /** The search for one or the other reached its bound. */
  | { readonly kind: 'undecided' };

/** Whether some plan has all requests, and if none has, one cause. Recommendations do not count. */
export function findContradiction(universe: Universe, requests: readonly Request[]): Finding {
  const facts = gatherFacts(universe, requests);
  const result = refute(clausesOf(facts));
  if (result.kind !== 'contradiction') return result;
  return { kind: 'contradiction', facts: result.core.map((index) => facts[index]!) };
}

/** All that follows for any plan with the requests: each package has the one version that may be chosen. */
function gatherFacts(universe: Universe, requests: readonly Request[]): readonly Fact[] {
  const wanted = new Map(requests.map(({ package: name, version }) => [name, version]));
  const chosen = (name: Package) => wanted.get(name) ?? name.candidate;
  const facts: Fact[] = requests.map((request) => ({ kind: 'request', request }));
  const reached = new Set(wanted.values());
  for (const version of reached) {
    for (const relation of version.relations.filter(isCritical)) {
      const met = relation.targets.flatMap((target) => matches(universe, relation, { target, chosen }));
      if (isNegative(relation)) {
        for (const rival of met) facts.push({ kind: 'conflict', relation, rival });
      } else {
        facts.push({ kind: 'need', relation, solutions: met });
        for (const solution of met) reached.add(solution);
      }
    }
  }
  return facts;
}

function clausesOf(facts: readonly Fact[]): readonly Clause[] {
  const numbers = new Map<Version, number>();
  const numberOf = (version: Version): number => {
    const known = numbers.get(version) ?? numbers.size + 1;
    numbers.set(version, known);
    return known;
  };
  return facts.map((fact): Clause => {
    if (fact.kind === 'request') return [numberOf(fact.request.version)];
    const owner = -numberOf(fact.relation.owner);
    return fact.kind === 'conflict'
      ? [owner, -numberOf(fact.rival)]
      : [owner, ...new Set(fact.solutions.map(numberOf))];
  });
}
