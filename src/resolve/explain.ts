import { MkbaseError } from '../errors.ts';
import { type Fact, findContradiction } from './facts.ts';
import {
  type Relation,
  type Request,
  showTarget,
  showTargets,
  type Target,
  type Universe,
  type Version,
} from './universe.ts';

export interface Refusal {
  readonly requests: readonly Request[];
  /** Relations that were broken when the solver gave up. */
  readonly broken: readonly Relation[];
  /** Names that may not be installed. */
  readonly excluded: readonly string[];
}

type Need = Extract<Fact, { kind: 'need' }>;

/** Lines of a chain that are shown: a longer one helps nobody. */
const LONGEST_CHAIN = 60;

/**
 * Why a set of requests is refused, as an error: one minimal cause, written as a chain from the
 * requests, with both sides of a conflict and the packages that pull each in; the hint says what would help. `data`
 * holds the same for programs. A cause that cannot be found within bounds is `resolution/undecided`.
 */
export function explainRefusal(universe: Universe, { requests, broken, excluded }: Refusal): MkbaseError {
  const finding = findContradiction(universe, requests);
  if (finding.kind === 'consistent') return explainGiveUp(broken);
  if (finding.kind === 'undecided') return explainUndecided(requests, broken);
  const { facts } = finding;
  const asked = facts.flatMap((fact) => (fact.kind === 'request' ? [fact.request] : []));
  const isConflict = facts.some((fact) => fact.kind === 'conflict');
  const names = asked.map(({ package: { name } }) => `\`${name}\``);
  const what =
    names.length > 1 ? `${listed(names)} cannot be installed together` : `${names[0]} cannot be installed`;
  return new MkbaseError(isConflict ? 'resolution/conflict' : 'resolution/unsatisfiable', what, {
    hint: whatHelps(universe, { facts, asked, excluded }),
    details: tell(universe, { facts, excluded }),
    data: { requests: asked.map(({ version }) => describe(version)), facts: facts.map(describeFact) },
  });
}

/** A plan exists, and the solver does not find it: its refusal stands. */
function explainGiveUp(broken: readonly Relation[]): MkbaseError {
  const owners = [...new Set(broken.map(({ owner }) => `\`${owner.package.name}\``))];
  const left =
    owners.length > 0 ? ` leaves ${listed(owners)} broken` : ' was followed for too long without an end';
  return new MkbaseError('resolution/conflict', `the solver's order of choices${left}`, {
    hint: 'another choice exists: try the other `--solver`, or include the package that should be taken',
    details: broken.map(showRelation),
    data: {
      broken: broken.map((relation) => ({ ...describe(relation.owner), ...describeRelation(relation) })),
    },
  });
}

/** Neither a plan nor a proof that there is none: packages that exclude each other in very many ways. */
function explainUndecided(requests: readonly Request[], broken: readonly Relation[]): MkbaseError {
  const byUser = requests.filter(({ by }) => by === 'user').map(({ package: { name } }) => `\`${name}\``);
  const what = byUser.length > 0 ? listed(byUser) : 'the variant';
  return new MkbaseError(
    'resolution/undecided',
    `no plan with ${what} was found, and the search for the reason was too long`,
    {
      hint: 'include the packages that should be taken by name, so that fewer choices are left',
      details: broken.map(showRelation).slice(0, LONGEST_CHAIN),
    },
  );
}

/** The chain, from each request of the cause down to where it ends. */
function tell(
  universe: Universe,
  { facts, excluded }: { facts: readonly Fact[]; excluded: readonly string[] },
): readonly string[] {
  const lines: string[] = [];
  const told = new Set<Version>();
  for (const fact of facts) {
    if (fact.kind !== 'request') continue;
    const { version, by } = fact.request;
    lines.push(`${by === 'user' ? 'you asked for' : 'the variant has'} ${show(version)}`);
    follow(version, '  ');
  }
  return lines.length > LONGEST_CHAIN
    ? [...lines.slice(0, LONGEST_CHAIN), `… and ${lines.length - LONGEST_CHAIN} more lines`]
    : lines;

  function follow(version: Version, indent: string): void {
    if (told.has(version)) return;
    told.add(version);
    for (const fact of facts) {
      if (fact.kind === 'request' || fact.relation.owner !== version) continue;
      lines.push(indent + (fact.kind === 'conflict' ? showConflict(fact) : showNeed(fact)));
      if (fact.kind === 'conflict') continue;
      for (const solution of new Set(fact.solutions)) {
        if (fact.solutions.length > 1) lines.push(`${indent}  ${show(solution)}:`);
        follow(solution, fact.solutions.length > 1 ? `${indent}    ` : `${indent}  `);
      }
    }
  }

  function showNeed(fact: Need): string {
    const lacks = fact.solutions.length === 0 ? `, ${whatIsThere(universe, { fact, excluded })}` : '';
    const [only] = fact.solutions;
    const taken = only !== undefined && fact.solutions.length === 1 ? `: ${show(only)}` : '';
    return `${showRelation(fact.relation)}${lacks || taken}`;
  }
}

function showConflict({ relation, rival }: Extract<Fact, { kind: 'conflict' }>): string {
  const [target] = relation.targets;
  const means = target?.package === rival.package ? '' : `, which is provided by ${rival.package.name}`;
  return `${showRelation(relation)}${means}: ${show(rival)}`;
}

/** Why nothing satisfies a relation: the versions there are of each name. */
function whatIsThere(
  universe: Universe,
  { fact, excluded }: { fact: Need; excluded: readonly string[] },
): string {
  const { targets } = fact.relation;
  if (targets.every(isAbsent)) {
    const barred = targets.find(({ package: { name } }) => excluded.includes(name));
    return barred === undefined ? 'which no enabled suite has' : `and \`${barred.package.name}\` is excluded`;
  }
  const there = targets
    .filter((target) => !isAbsent(target))
    .map((target) => whatIsThereOf(universe, target));
  return `but there is only ${there.join(' and ')}`;
}

function isAbsent({ package: { versions, provisions } }: Target): boolean {
  return versions.length === 0 && provisions.length === 0;
}

function whatIsThereOf(universe: Universe, target: Target): string {
  const { name, candidate, provisions } = target.package;
  if (candidate === null) {
    const owners = [
      ...new Set(provisions.map(({ owner, version }) => `${show(owner)}${version ? ` as ${version}` : ''}`)),
    ];
    return `${name} of ${listed(owners.slice(0, 4))}`;
  }
  const held = heldBack(universe, target);
  return held === null
    ? show(candidate)
    : `${show(candidate)}; ${held.version} of ${held.pocket} has pin ${held.pin}`;
}

/** A version that would do, and that its pin keeps from being chosen. */
function heldBack(universe: Universe, target: Target): Version | null {
  const { versions, candidate } = target.package;
  const fits = (version: Version) => target.op === null || universe.satisfies(version.version, target);
  return versions.find((version) => version !== candidate && fits(version)) ?? null;
}

function whatHelps(
  universe: Universe,
  {
    facts,
    asked,
    excluded,
  }: { facts: readonly Fact[]; asked: readonly Request[]; excluded: readonly string[] },
): string {
  const unmet = facts.flatMap((fact) =>
    fact.kind === 'need' && fact.solutions.length === 0 ? fact.relation.targets : [],
  );
  const barred = unmet.find(({ package: { name } }) => excluded.includes(name));
  if (barred !== undefined) return `take \`${barred.package.name}\` out of \`--exclude\``;
  for (const target of unmet) {
    const held = heldBack(universe, target);
    if (held !== null) return `ask for it by pocket: \`--include=${held.package.name}/${held.pocket}\``;
  }
  const byUser = asked.filter(({ by }) => by === 'user').map(({ package: { name } }) => `\`${name}\``);
  const drop =
    byUser.length > 0
      ? `leave out ${byUser.join(' or ')}`
      : 'try another mirror, or wait until it is whole again';
  return unmet.length === 0
    ? drop
    : `enable the suite or component that has ${listed(namesOf(unmet))}, or ${drop}`;
}

function namesOf(targets: readonly Target[]): string[] {
  return targets.map((target) => `\`${showTarget(target)}\``);
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

const VERBS: Readonly<Record<Relation['kind'], string>> = {
  'Pre-Depends': 'pre-depends on',
  Depends: 'depends on',
  Conflicts: 'conflicts with',
  Breaks: 'breaks',
  Recommends: 'recommends',
  Suggests: 'suggests',
};

function showRelation({ owner, kind, targets }: Relation): string {
  return `${owner.package.name} ${owner.version} ${VERBS[kind]} ${showTargets(targets)}`;
}

function show({ package: { name }, version, pocket }: Version): string {
  return `${name} ${version} (${pocket})`;
}

function describe({ package: { name }, version, pocket }: Version): {
  name: string;
  version: string;
  pocket: string;
} {
  return { name, version, pocket };
}

function describeRelation({ kind, targets }: Relation): { relation: string; targets: string } {
  return { relation: kind, targets: showTargets(targets) };
}

function describeFact(fact: Fact): object {
  switch (fact.kind) {
    case 'request':
      return { kind: 'request', by: fact.request.by, ...describe(fact.request.version) };
    case 'need':
      return {
        kind: 'need',
        ...describe(fact.relation.owner),
        ...describeRelation(fact.relation),
        solutions: fact.solutions.map(describe),
      };
    case 'conflict':
      return {
        kind: 'conflict',
        ...describe(fact.relation.owner),
        ...describeRelation(fact.relation),
        rival: describe(fact.rival),
      };
  }
}
