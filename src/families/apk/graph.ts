import type { Dependency } from './dependency.ts';
import type { ApkPackage } from './index-file.ts';
import { inApkOrder } from './name-order.ts';
import { matchesVersion } from './version.ts';

/** The packages of one repository, in the order of its index. */
export interface ApkRepository {
  readonly packages: readonly ApkPackage[];
  /** `@tag url` in `etc/apk/repositories`: taken from only where a world entry asks for it; null: always. */
  readonly tag: string | null;
}

/** A dependency with the name it is about. */
export interface Link {
  readonly name: Name;
  readonly dependency: Dependency;
}

/** A package as a provider of a name: its own, or one of its `provides`. */
export interface Provider {
  readonly candidate: Candidate;
  /** Null: provided without a version, which satisfies only what asks for none. */
  readonly version: string | null;
}

/**
 * A package that could be chosen. What is not readonly is the state of one run of the solver, whose
 * words are explained there.
 */
export interface Candidate {
  readonly package: ApkPackage;
  readonly name: Name;
  /** Numbers of the repositories that have it. */
  readonly repositories: number[];
  readonly depends: readonly Link[];
  readonly provides: readonly Link[];
  readonly installIf: readonly Link[];
  isSeen: boolean;
  depth: number;
  isSelectable: boolean;
  conflicts: number;
  isAllowed: boolean;
  isPreferred: boolean;
  readonly allowedTags: Set<string | null>;
  isTriggered: boolean;
  isTriggerLost: boolean;
  isMerged: boolean;
  wasMerged: boolean;
  hasError: boolean;
  isPlaced: boolean;
}

/** What packages are called, provide, need or wait for. */
export interface Name {
  readonly text: string;
  readonly providers: Provider[];
  /** The names whose providers depend on this one. */
  readonly dependents: Name[];
  /** The names whose providers have this one in their install_if. */
  readonly waiting: Name[];
  isSeen: boolean;
  isInWorld: boolean;
  depth: number;
  requirers: number;
  isLocked: boolean;
  chosen: Provider | null;
  isDirty: boolean;
  mustCheckDepends: boolean;
  mustCheckInstallIf: boolean;
  isOpen: boolean;
  hasOptions: boolean;
  hasTriggered: boolean;
  isTriggerLost: boolean;
  areDependentsDone: boolean;
  commonDepends: number;
  commonProvides: number;
  hasVirtual: boolean;
  isPlaced: boolean;
}

export interface Graph {
  /** The name of this text; made where there is none yet. */
  readonly name: (text: string) => Name;
  /** Every name that some package has or provides. */
  readonly known: () => Iterable<string>;
  readonly repositories: readonly ApkRepository[];
}

/** The same package in several repositories is one candidate, as its identity says. */
export function buildGraph(repositories: readonly ApkRepository[]): Graph {
  const names = new Map<string, Name>();
  const candidates = new Map<string, Candidate>();
  for (const [number, { packages }] of repositories.entries()) {
    for (const item of packages) {
      const known = candidates.get(item.identity);
      if (known !== undefined) known.repositories.push(number);
      else candidates.set(item.identity, addCandidate(item, number));
    }
  }
  for (const name of inApkOrder(names.values())) noteReverse(name);
  return { name: nameOf, known, repositories };

  function nameOf(text: string): Name {
    let name = names.get(text);
    if (name === undefined) {
      name = newName(text);
      names.set(text, name);
    }
    return name;
  }

  function addCandidate(item: ApkPackage, repository: number): Candidate {
    const links = (dependencies: readonly Dependency[]): Link[] =>
      dependencies.map((dependency) => ({ name: nameOf(dependency.name), dependency }));
    const candidate: Candidate = {
      package: item,
      name: nameOf(item.name),
      repositories: [repository],
      depends: links(item.depends),
      provides: links(item.provides),
      installIf: links(item.installIf),
      isSeen: false,
      depth: 0,
      isSelectable: false,
      conflicts: 0,
      isAllowed: false,
      isPreferred: false,
      allowedTags: new Set([null]),
      isTriggered: false,
      isTriggerLost: false,
      isMerged: false,
      wasMerged: false,
      hasError: false,
      isPlaced: false,
    };
    for (const provider of providersOf(candidate)) provider.name.providers.push(provider.as);
    return candidate;
  }

  function* known(): Iterable<string> {
    for (const name of names.values()) if (name.providers.length > 0) yield name.text;
  }
}

/** What a candidate provides: first its own name, then the others in their order. */
export function providersOf(candidate: Candidate): { readonly name: Name; readonly as: Provider }[] {
  return [
    { name: candidate.name, as: { candidate, version: candidate.package.version } },
    ...candidate.provides.map(({ name, dependency }) => ({
      name,
      as: { candidate, version: dependency.operator === null ? null : dependency.version },
    })),
  ];
}

/**
 * Whether the provider (null: nothing) is what the dependency asks for; for a conflict, whether it is
 * not what must not be.
 */
export function isProvided({ dependency }: Link, provider: Provider | null): boolean {
  const { isConflict, operator, version } = dependency;
  if (provider === null) return isConflict;
  if (operator === '><') return provider.candidate.package.identity === version;
  if (operator === null) return !isConflict;
  if (provider.version === null) return isConflict;
  return matchesVersion(provider.version, operator, version) !== isConflict;
}

function noteReverse(name: Name): void {
  const dependsOn = new Set<Name>();
  const waitsFor = new Set<Name>();
  for (const { candidate } of name.providers) {
    for (const link of candidate.depends) dependsOn.add(link.name);
    for (const link of candidate.installIf) waitsFor.add(link.name);
  }
  for (const other of dependsOn) other.dependents.push(name);
  for (const other of waitsFor) other.waiting.push(name);
}

function newName(text: string): Name {
  return {
    text,
    providers: [],
    dependents: [],
    waiting: [],
    isSeen: false,
    isInWorld: false,
    depth: 0,
    requirers: 0,
    isLocked: false,
    chosen: null,
    isDirty: false,
    mustCheckDepends: false,
    mustCheckInstallIf: false,
    isOpen: false,
    hasOptions: false,
    hasTriggered: false,
    isTriggerLost: false,
    areDependentsDone: false,
    commonDepends: 0,
    commonProvides: 0,
    hasVirtual: false,
    isPlaced: false,
  };
}
