import type { ApkPackage } from '../package/apk-package.ts';
import type { Dependency } from '../package/dependency.ts';
import { matchesVersion } from '../package/version.ts';
import { type ApkRepository, type Listed, readCatalogue } from './catalogue.ts';
import { inApkOrder } from './name-order.ts';

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

/** A name with the provider that a candidate is of it. */
export interface Provided {
  readonly name: Name;
  readonly as: Provider;
}

/**
 * A package that could be chosen. The fields that are not readonly are the state of one run of the solver,
 * which explains them.
 */
export interface Candidate {
  readonly package: ApkPackage;
  readonly name: Name;
  /** Numbers of the repositories that have it. */
  readonly repositories: readonly number[];
  readonly depends: readonly Link[];
  readonly provides: readonly Link[];
  /** Its own name, then what it provides, in its order. */
  readonly names: readonly Provided[];
  readonly installIf: readonly Link[];
  isSeen: boolean;
  depth: number;
  isSelectable: boolean;
  conflicts: number;
  isAllowed: boolean;
  isPreferred: boolean;
  allowedTags: ReadonlySet<string | null>;
  isTriggered: boolean;
  isTriggerLost: boolean;
  isMerged: boolean;
  wasMerged: boolean;
  hasError: boolean;
  isPlaced: boolean;
}

/** A name that packages have, provide, depend on or wait for. */
export interface Name {
  readonly text: string;
  readonly providers: Provider[];
  /** The names whose providers have this one in their install_if. */
  readonly waiting: Name[];
  /** The names whose providers depend on this one. */
  readonly dependents: Name[];
  isFilled: boolean;
  isSeen: boolean;
  isInWorld: boolean;
  depth: number;
  urgency: number;
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
  /** Finds what has, provides and waits for a name, and what else these have and provide. */
  readonly fill: (name: Name) => void;
  /** Notes for all names that were made which of them need which. */
  readonly noteDependents: () => void;
  /** Every name that some package has or provides. */
  readonly known: () => Iterable<string>;
  readonly repositories: readonly ApkRepository[];
}

const UNTAGGED: ReadonlySet<string | null> = new Set([null]);

/**
 * The packages of repositories as a graph, of which only what is asked for is made: a closure touches few
 * of an index's thousands. The same package in several repositories is one candidate, as its identity says.
 */
export function buildGraph(repositories: readonly ApkRepository[]): Graph {
  const catalogue = readCatalogue(repositories);
  const names = new Map<string, Name>();
  const candidates = new Map<Listed, Candidate>();
  return { name: nameOf, fill, noteDependents, known: () => catalogue.offers.keys(), repositories };

  function nameOf(text: string): Name {
    let name = names.get(text);
    if (name === undefined) {
      name = newName(text);
      names.set(text, name);
    }
    return name;
  }

  function fill(name: Name): void {
    const unfilled = [name];
    for (let next = unfilled.pop(); next !== undefined; next = unfilled.pop()) {
      if (next.isFilled) continue;
      next.isFilled = true;
      for (const listed of catalogue.offers.get(next.text) ?? []) {
        for (const { name: provided, as } of candidateOf(listed).names) {
          if (provided === next) next.providers.push(as);
          else if (!provided.isFilled) unfilled.push(provided);
        }
      }
      const waiting = catalogue.waiting.get(next.text);
      if (waiting === undefined) continue;
      for (const text of inApkOrder(waiting, catalogue.rank)) next.waiting.push(nameOf(text));
    }
  }

  function candidateOf(listed: Listed): Candidate {
    let candidate = candidates.get(listed);
    if (candidate === undefined) {
      candidate = newCandidate(listed);
      candidates.set(listed, candidate);
    }
    return candidate;
  }

  function newCandidate({ package: item, repositories }: Listed): Candidate {
    const links = (dependencies: readonly Dependency[]): Link[] =>
      dependencies.map((dependency) => ({ name: nameOf(dependency.name), dependency }));
    const names: Provided[] = [];
    const candidate: Candidate = {
      package: item,
      name: nameOf(item.name),
      repositories,
      depends: links(item.depends),
      provides: links(item.provides),
      names,
      installIf: links(item.installIf),
      isSeen: false,
      depth: 0,
      isSelectable: false,
      conflicts: 0,
      isAllowed: false,
      isPreferred: false,
      allowedTags: UNTAGGED,
      isTriggered: false,
      isTriggerLost: false,
      isMerged: false,
      wasMerged: false,
      hasError: false,
      isPlaced: false,
    };
    names.push({ name: candidate.name, as: { candidate, version: item.version } });
    for (const { name, dependency } of candidate.provides) {
      const version = dependency.operator === null ? null : dependency.version;
      names.push({ name, as: { candidate, version } });
    }
    return candidate;
  }

  function noteDependents(): void {
    for (const name of inApkOrder(names.keys(), catalogue.rank).map(nameOf)) {
      for (const { candidate } of name.providers) {
        for (const { name: needed } of candidate.depends) {
          if (needed.dependents.at(-1) !== name) needed.dependents.push(name);
        }
      }
    }
  }
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

function newName(text: string): Name {
  return {
    text,
    providers: [],
    waiting: [],
    dependents: [],
    isFilled: false,
    isSeen: false,
    isInWorld: false,
    depth: 0,
    urgency: 0,
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
