import { MkbaseError } from '../../../errors.ts';
import { didYouMean, nearest } from '../../../nearest.ts';
import type { ApkPackage } from '../package/apk-package.ts';
import type { Dependency } from '../package/dependency.ts';
import type { ApkRepository } from './catalogue.ts';
import { buildGraph, type Candidate, type Graph } from './graph.ts';
import { type Problem, showProblems } from './problem.ts';
import { findProblems } from './refusal.ts';
import { solve } from './solver.ts';

/** A package to install. */
export interface Selected {
  readonly package: ApkPackage;
  /** The number of the repository to take it from: the first that has it and may be used for it. */
  readonly repository: number;
  /** The tag by which it was allowed, for `s:` of the installed database; null: none was needed. */
  readonly tag: string | null;
}

export interface WorldRequest {
  /** In the order of `etc/apk/repositories`: the first wins where all else is equal. */
  readonly repositories: readonly ApkRepository[];
  /** The content of `etc/apk/world`; the last of several entries for a name counts. */
  readonly world: readonly Dependency[];
}

/**
 * The packages that apk would install for a world into an empty root, in its order of installation.
 *
 * @throws MkbaseError `resolution/unknown-tag`, `unknown-package`, `virtual-package`, `conflict`,
 *   `unsatisfiable`
 */
export function solveWorld({ repositories, world }: WorldRequest): Selected[] {
  const graph = buildGraph(repositories);
  const links = sortWorld(world).map((dependency) => ({ name: graph.name(dependency.name), dependency }));
  checkTags(world, repositories);
  const solution = solve(graph, links);
  if (solution.errors > 0) throw refusal(findProblems({ graph, world: links, solution }), graph);
  return solution.candidates.map((candidate) => select(candidate, repositories));
}

/** As apk keeps it: one entry a name, by name, capitals and small letters together. */
export function sortWorld(world: readonly Dependency[]): Dependency[] {
  const byName = new Map(world.map((dependency) => [dependency.name, dependency]));
  return [...byName.values()].sort(
    (a, b) => compareTexts(a.name.toLowerCase(), b.name.toLowerCase()) || compareTexts(a.name, b.name),
  );
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function checkTags(world: readonly Dependency[], repositories: readonly ApkRepository[]): void {
  const tags = new Set(repositories.map(({ tag }) => tag));
  for (const { name, tag } of world) {
    if (tag === null || tags.has(tag)) continue;
    throw new MkbaseError('resolution/unknown-tag', `no repository has the tag of \`${name}@${tag}\``, {
      hint: `give one of the repositories the tag, or ask for \`${name}\` without it`,
    });
  }
}

function select(candidate: Candidate, repositories: readonly ApkRepository[]): Selected {
  const tagOf = (number: number): string | null => repositories[number]?.tag ?? null;
  const allowed = candidate.repositories.filter((number) => candidate.allowedTags.has(tagOf(number)));
  const repository = allowed.find((number) => tagOf(number) === null) ?? allowed[0];
  const tag = repository === undefined ? null : tagOf(repository);
  return { package: candidate.package, repository: repository ?? candidate.repositories[0]!, tag };
}

function refusal(problems: readonly Problem[], graph: Graph): MkbaseError {
  // apk reports nothing either where its own choices exclude each other.
  const lines = showProblems(problems);
  const details = lines.length > 0 ? lines : ['the packages that were chosen exclude each other'];
  const data = { problems };
  const unknown = problems.find(({ kind }) => kind === 'missing');
  if (unknown !== undefined) {
    const near = nearest(unknown.name, graph.known());
    return new MkbaseError('resolution/unknown-package', `no repository has \`${unknown.name}\``, {
      hint:
        didYouMean(unknown.name, near) ?? 'enable the repository that has it, or leave out what requires it',
      details,
      data: { ...data, near },
    });
  }
  const virtual = problems.find(({ kind }) => kind === 'virtual');
  if (virtual !== undefined) {
    const providers = virtual.parts.find(({ label }) => label === 'provided by')?.items ?? [];
    const message = `no package is taken by itself for \`${virtual.name}\``;
    return new MkbaseError('resolution/virtual-package', message, {
      hint: `include one that provides it: ${providers.map((name) => `\`${name}\``).join(', ')}`,
      details,
      data,
    });
  }
  const names = problems.map(({ name, version }) => `\`${name}-${version}\``).join(', ');
  const isConflict = problems.some(({ parts }) => parts.some(({ label }) => label === 'conflicts'));
  const message = `the packages cannot be installed together: ${names}`;
  return new MkbaseError(isConflict ? 'resolution/conflict' : 'resolution/unsatisfiable', message, {
    hint: 'leave out or change one of the entries that lead there, as told above',
    details,
    data,
  });
}
