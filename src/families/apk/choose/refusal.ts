import { runSteps, type Step } from '../../../resolve/trampoline.ts';
import { formatDependency } from '../package/dependency.ts';
import { type Candidate, type Graph, isProvided, type Link, type Name } from './graph.ts';
import type { Part, Problem } from './problem.ts';
import type { Solution } from './solver.ts';

export interface Refused {
  readonly graph: Graph;
  readonly world: readonly Link[];
  readonly solution: Solution;
}

/**
 * Why there is no solution: takes the choices as they are, and lists every problem with them. apk
 * reports nothing where another package kept a chosen one from being installed, or where a
 * name was given up before a package was chosen that provides it.
 */
export function findProblems({ graph, world, solution }: Refused): Problem[] {
  const { candidates, unanswered } = solution;
  const problems = judgeAll(candidates, { graph, world });
  if (problems.length > 0) return problems;
  const asked = world.flatMap(({ name }) => (name.chosen === null ? [] : [name.chosen.candidate]));
  const chosen = new Set([...candidates, ...asked]);
  const more = judgeAll([...chosen], { graph, world });
  return more.length > 0 ? more : unanswered.map((name) => missing(name, { world, chosen }));
}

function judgeAll(
  candidates: readonly Candidate[],
  { graph, world }: Pick<Refused, 'graph' | 'world'>,
): Problem[] {
  const chosen = new Set(candidates);
  const present = findPresent(world, chosen);
  const reported = new Set<Name>();
  const problems: Problem[] = [];
  tellMissing(world);
  for (const candidate of candidates) {
    const problem = judge(candidate, { graph, world, chosen });
    if (problem !== null) problems.push(problem);
    tellMissing(candidate.depends);
  }
  return problems;

  function tellMissing(links: readonly Link[]): void {
    for (const { name, dependency } of links) {
      if (dependency.isConflict || present.has(name) || reported.has(name)) continue;
      reported.add(name);
      problems.push(missing(name, { world, chosen }));
    }
  }
}

interface Chosen {
  readonly world: readonly Link[];
  readonly chosen: ReadonlySet<Candidate>;
}

/** The names that what was chosen has, by what is needed of it: not by name only, nor by chance. */
function findPresent(world: readonly Link[], chosen: ReadonlySet<Candidate>): ReadonlySet<Name> {
  const present = new Set<Name>();
  const visited = {
    present: new Set<Candidate>(),
    virtual: new Set<Candidate>(),
    triggered: new Set<Candidate>(),
  };
  runSteps(visitAll(world));
  return present;

  function* visitAll(links: readonly Link[]): Step<void> {
    for (const { name, dependency } of links) if (!dependency.isConflict) yield visit(name, 'present');
  }

  function* visit(name: Name, asked: keyof typeof visited): Step<void> {
    for (const { candidate } of name.providers) {
      if (!chosen.has(candidate)) continue;
      const state = candidate.package.providerPriority > 0 || isConcrete(candidate, name) ? asked : 'virtual';
      if (visited[state].has(candidate)) continue;
      visited[state].add(candidate);
      for (const provided of candidate.names) {
        const isReal = state === 'present' || (state === 'triggered' && provided.as.version !== null);
        if (isReal) present.add(provided.name);
      }
      yield visitAll(candidate.depends);
      if (state === 'virtual') continue;
      for (const provided of candidate.names) yield visitWaiting(provided.name);
    }
  }

  function* visitWaiting(name: Name): Step<void> {
    const isMet = (link: Link): boolean => present.has(link.name) !== link.dependency.isConflict;
    for (const { providers } of name.waiting) {
      for (const { candidate } of providers) {
        if (!chosen.has(candidate) || candidate.installIf.length === 0) continue;
        if (!candidate.installIf.every(isMet)) continue;
        for (const provided of candidate.names) yield visit(provided.name, 'triggered');
      }
    }
  }
}

function isConcrete(candidate: Candidate, name: Name): boolean {
  return candidate.names.some((provided) => provided.name === name && provided.as.version !== null);
}

function missing(name: Name, { world, chosen }: Chosen): Problem {
  const dependents = new Set(
    name.dependents.flatMap(({ providers }) => providers.map(({ candidate }) => candidate)),
  );
  const requiredBy: Part = {
    label: 'required by',
    items: [
      ...world.filter((link) => isAskedFor(link, name)).map(showWorld),
      ...[...dependents].flatMap((candidate) => {
        const link = chosen.has(candidate)
          ? candidate.depends.find((depend) => isAskedFor(depend, name))
          : undefined;
        return link === undefined ? [] : [showLink(candidate, link)];
      }),
    ],
  };
  const common = { name: name.text, version: null };
  if (name.providers.length === 0) return { kind: 'missing', ...common, parts: [requiredBy] };
  return {
    kind: 'virtual',
    ...common,
    parts: [{ label: 'provided by', items: showProviders(name) }, requiredBy],
  };
}

/** By name only where all packages of a name provide it. */
function showProviders({ providers }: Name): string[] {
  const candidates = new Set(providers.map(({ candidate }) => candidate));
  const items = [...candidates].map((candidate) => {
    const { providers: all, text } = candidate.name;
    return all.every((provider) => candidates.has(provider.candidate)) ? text : show(candidate);
  });
  return [...new Set(items)];
}

function isAskedFor({ name, dependency }: Link, wanted: Name): boolean {
  return name === wanted && !dependency.isConflict;
}

/** Null where nothing is wrong with it. */
function judge(candidate: Candidate, context: Chosen & { readonly graph: Graph }): Problem | null {
  const { world, chosen, graph } = context;
  const relevant = (isSatisfied: boolean): string[] => [
    ...world.filter((link) => analyze(link, candidate) === isSatisfied).map(showWorld),
    ...dependentsOf(candidate, chosen).flatMap((dependent) =>
      dependent.depends
        .filter((link) => analyze(link, candidate) === isSatisfied)
        .map((link) => showLink(dependent, link)),
    ),
  ];
  const wrong: Part[] = [
    {
      label: 'error' as const,
      items: candidate.package.unusable === null ? [] : [candidate.package.unusable],
    },
    { label: 'masked in' as const, items: maskedIn(candidate, graph) },
    { label: 'conflicts' as const, items: conflictsOf(candidate, chosen) },
    { label: 'breaks' as const, items: relevant(false) },
  ].filter(({ items }) => items.length > 0);
  if (wrong.length === 0) return null;
  const satisfies = relevant(true);
  return {
    kind: 'package',
    name: candidate.name.text,
    version: candidate.package.version,
    parts: satisfies.length === 0 ? wrong : [...wrong, { label: 'satisfies', items: satisfies }],
  };
}

/** Null where the dependency is not about the candidate at all. */
function analyze(link: Link, candidate: Candidate): boolean | null {
  const provided = candidate.names.find(({ name }) => name === link.name);
  return provided === undefined ? null : isProvided(link, provided.as);
}

function dependentsOf(candidate: Candidate, chosen: ReadonlySet<Candidate>): Candidate[] {
  const found = new Set<Candidate>();
  for (const { name } of candidate.names) {
    for (const dependent of name.dependents) {
      for (const provider of dependent.providers)
        if (chosen.has(provider.candidate)) found.add(provider.candidate);
    }
  }
  return [...found];
}

/** The tags of the only repositories that have it, where nothing asked for one of them. */
function maskedIn(candidate: Candidate, { repositories }: Graph): string[] {
  const tags = new Set(candidate.repositories.map((number) => repositories[number]?.tag ?? null));
  for (const tag of candidate.allowedTags) if (tags.has(tag)) return [];
  return [...tags].map((tag) => `@${tag}`);
}

function conflictsOf(candidate: Candidate, chosen: ReadonlySet<Candidate>): string[] {
  const items: string[] = [];
  for (const { candidate: other } of candidate.name.providers) {
    if (other !== candidate && chosen.has(other)) items.push(show(other));
  }
  for (const link of candidate.provides) {
    const version = link.dependency.operator === null ? null : link.dependency.version;
    let isItself = true;
    for (const provider of link.name.providers) {
      if (!chosen.has(provider.candidate) || (version === null && provider.version === null)) continue;
      if (isItself && provider.candidate === candidate && provider.version === version) isItself = false;
      else items.push(showLink(provider.candidate, link));
    }
  }
  return items;
}

function show({ package: { name, version } }: Candidate): string {
  return `${name}-${version}`;
}

function showLink(candidate: Candidate, { dependency }: Link): string {
  return `${show(candidate)}[${formatDependency(dependency)}]`;
}

function showWorld({ dependency }: Link): string {
  return `world[${formatDependency(dependency)}]`;
}
