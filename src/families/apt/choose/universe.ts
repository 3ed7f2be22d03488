import type { Package, Provision, Universe, Version } from '../../../resolve/universe.ts';
import type { PackagesIndex } from '../archive/packages-index.ts';
import { compareVersions, type Operator, satisfies } from '../package/version.ts';
import { type AptSource, type AptVersion, isYes, readRelation, readVersion } from './apt-version.ts';
import { createMentionOrder } from './mention-order.ts';

export interface AptUniverse extends Universe {
  readonly versionsOf: (name: string) => readonly AptVersion[];
  /** Has `version` be the one of its package that may be installed, whatever the pins say. */
  readonly makeCandidate: (version: Version) => void;
  /** Versions whose field `Task` has this name, in the order of the indexes. */
  readonly membersOf: (task: string) => readonly AptVersion[];
  /** Names of packages that some version of the suite itself calls essential, in the order of {@link mentionOrder}. */
  readonly essentialNames: () => string[];
  /** Names of packages with a version in the suite itself of a priority up to this one, in the same order. */
  readonly namesOfPriority: (priority: number) => string[];
}

/**
 * The packages of all pockets as one universe. `excluded` names have no version. Only stanzas on
 * the path of a request are parsed.
 */
export function openUniverse(
  sources: readonly AptSource[],
  { arch, excluded = [] }: { arch: string; excluded?: readonly string[] },
): AptUniverse {
  const indexes = sources.map(({ index }) => index);
  const packages = new Map<string, Package>();
  const realVersions = new Map<string, readonly AptVersion[]>();
  const preferred = new Map<string, Version>();
  const byStanza = indexes.map(() => new Map<number, AptVersion | null>());
  const hidden = new Set(excluded);
  const order = createMentionOrder(indexes);

  return {
    find,
    versionsOf,
    makeCandidate: (version) => void preferred.set(version.package.name, version),
    membersOf: (task) => collect((index) => index.ofTask(task)),
    essentialNames: () =>
      namesWhere(
        (index) => index.essential,
        ({ essential }) => essential,
      ),
    namesOfPriority: (limit) =>
      namesWhere(
        (index) => index.prioritized,
        ({ priority }) => priority > 0 && priority <= limit,
      ),
    satisfies: (version, { op, version: wanted }) => satisfies(version, op as Operator, wanted ?? ''),
    mentionOrder: (a, b) => order(a.name, b.name),
    *names() {
      for (const index of indexes) yield* index.names();
    },
  };

  function find(name: string): Package {
    const known = packages.get(name);
    if (known !== undefined) return known;
    const made = lazyPackage(name);
    packages.set(name, made);
    return made;
  }

  function lazyPackage(name: string): Package {
    let provisions: readonly Provision[] | null = null;
    let candidate: Version | null | undefined;
    return {
      name,
      get versions() {
        return versionsOf(name);
      },
      get provisions() {
        provisions ??= provisionsOf(name);
        return provisions;
      },
      get candidate() {
        if (candidate === undefined) candidate = highestPinned(versionsOf(name));
        return preferred.get(name) ?? candidate;
      },
      get essential() {
        return versionsOf(name).some((version) => version.essential);
      },
      get protected() {
        return versionsOf(name).some(
          ({ stanza }) => isYes(stanza, 'protected') || isYes(stanza, 'important'),
        );
      },
    };
  }

  function versionsOf(name: string): readonly AptVersion[] {
    const known = realVersions.get(name);
    if (known !== undefined) return known;
    const found = hidden.has(name) ? [] : collect((index) => index.named(name));
    // Stable: of equal versions, the one of the first pocket stays first.
    found.sort((a, b) => compareVersions(b.version, a.version));
    realVersions.set(name, found);
    return found;
  }

  function collect(stanzas: (index: PackagesIndex) => readonly number[]): AptVersion[] {
    return indexes.flatMap((index, source) =>
      stanzas(index)
        .map((at) => versionAt(source, at))
        .filter((version) => version !== null),
    );
  }

  function versionAt(source: number, at: number): AptVersion | null {
    const known = byStanza[source]!.get(at);
    if (known !== undefined) return known;
    const version = readVersion(indexes[source]!.stanza(at), { source: sources[source]!, arch, find });
    byStanza[source]!.set(at, version);
    return version;
  }

  /** The providers of a name, in the order of the indexes: by their field, or implied by multi-arch. */
  function provisionsOf(full: string): readonly Provision[] {
    const colon = full.lastIndexOf(':');
    const qualifier = colon < 0 ? null : full.slice(colon + 1);
    const name = colon < 0 ? full : full.slice(0, colon);
    const found: Provision[] = [];
    if (qualifier === null) {
      addProvisions(found, name, () => true);
      addProvisions(found, `${name}:${arch}`, () => true);
      return found;
    }
    const counts = (version: AptVersion) =>
      qualifier === arch ||
      (qualifier === 'any' && version.stanza.get('multi-arch')?.toLowerCase() === 'allowed');
    for (const owner of versionsOf(name)) if (counts(owner)) found.push({ owner, version: owner.version });
    addProvisions(found, name, counts);
    addProvisions(found, full, () => true);
    return found;
  }

  function addProvisions(found: Provision[], entry: string, counts: (version: AptVersion) => boolean): void {
    for (const owner of collect((index) => index.providing(entry))) {
      if (hidden.has(owner.package.name) || !counts(owner)) continue;
      for (const group of readRelation(owner.stanza, 'Provides')) {
        const provided = group[0]!;
        const written =
          provided.qualifier === null ? provided.name : `${provided.name}:${provided.qualifier}`;
        if (written !== entry || (provided.op !== null && provided.op !== '=')) continue;
        found.push({ owner, version: provided.version });
      }
    }
  }

  function namesWhere(
    stanzas: (index: PackagesIndex) => readonly number[],
    wanted: (version: AptVersion) => boolean,
  ): string[] {
    const names = new Set<string>();
    for (const version of collect(stanzas)) {
      if (version.source.isSuite && wanted(version) && !hidden.has(version.package.name))
        names.add(version.package.name);
    }
    return [...names].sort(order);
  }
}

/** The highest pin, then the highest version; a pin of zero or below bars a version. */
function highestPinned(versions: readonly Version[]): Version | null {
  let best: Version | null = null;
  for (const version of versions) {
    if (version.pin > (best?.pin ?? 0)) best = version;
  }
  return best;
}
