import type { Package, Provision, Target, Universe, Version } from '../../../resolve/universe.ts';
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

export interface UniverseOptions {
  readonly arch: string;
  /** Names that have no version. */
  readonly excluded?: readonly string[];
}

/** The packages of all pockets as one universe. Only stanzas on the path of a request are parsed. */
export function openUniverse(sources: readonly AptSource[], options: UniverseOptions): AptUniverse {
  return new IndexedUniverse(sources, options);
}

class IndexedUniverse implements AptUniverse {
  readonly #sources: readonly AptSource[];
  readonly #arch: string;
  readonly #indexes: readonly PackagesIndex[];
  readonly #hidden: ReadonlySet<string>;
  readonly #order: (a: string, b: string) => number;
  readonly #packages = new Map<string, AptPackage>();
  readonly #versions = new Map<string, readonly AptVersion[]>();
  readonly #byStanza: readonly Map<number, AptVersion | null>[];
  readonly #find = (name: string) => this.find(name);

  constructor(sources: readonly AptSource[], { arch, excluded = [] }: UniverseOptions) {
    this.#sources = sources;
    this.#arch = arch;
    this.#indexes = sources.map(({ index }) => index);
    this.#hidden = new Set(excluded);
    this.#order = createMentionOrder(this.#indexes);
    this.#byStanza = sources.map(() => new Map());
  }

  find(name: string): AptPackage {
    const known = this.#packages.get(name);
    if (known !== undefined) return known;
    const made = new AptPackage(name, {
      versions: () => this.versionsOf(name),
      provisions: () => this.#provisionsOf(name),
    });
    this.#packages.set(name, made);
    return made;
  }

  makeCandidate(version: Version): void {
    this.find(version.package.name).prefer(version);
  }

  membersOf(task: string): readonly AptVersion[] {
    return this.#collect((index) => index.ofTask(task));
  }

  essentialNames(): string[] {
    return this.#namesWhere(
      (index) => index.essential,
      ({ essential }) => essential,
    );
  }

  namesOfPriority(limit: number): string[] {
    return this.#namesWhere(
      (index) => index.prioritized,
      ({ priority }) => priority > 0 && priority <= limit,
    );
  }

  satisfies(version: string, { op, version: wanted }: Target): boolean {
    return satisfies(version, op as Operator, wanted ?? '');
  }

  mentionOrder(a: Package, b: Package): number {
    return this.#order(a.name, b.name);
  }

  *names(): Iterable<string> {
    for (const index of this.#indexes) yield* index.names();
  }

  versionsOf(name: string): readonly AptVersion[] {
    const known = this.#versions.get(name);
    if (known !== undefined) return known;
    const found = this.#hidden.has(name) ? [] : this.#collect((index) => index.named(name));
    // Stable: of equal versions, the one of the first pocket stays first.
    found.sort((a, b) => compareVersions(b.version, a.version));
    this.#versions.set(name, found);
    return found;
  }

  #collect(stanzas: (index: PackagesIndex) => readonly number[]): AptVersion[] {
    return this.#indexes.flatMap((index, source) =>
      stanzas(index)
        .map((at) => this.#versionAt(source, at))
        .filter((version) => version !== null),
    );
  }

  #versionAt(source: number, at: number): AptVersion | null {
    const known = this.#byStanza[source]!.get(at);
    if (known !== undefined) return known;
    const version = readVersion(this.#indexes[source]!.stanza(at), {
      source: this.#sources[source]!,
      arch: this.#arch,
      find: this.#find,
    });
    this.#byStanza[source]!.set(at, version);
    return version;
  }

  /** The providers of a name, in the order of the indexes: by their field, or implied by multi-arch. */
  #provisionsOf(full: string): readonly Provision[] {
    const colon = full.lastIndexOf(':');
    const qualifier = colon < 0 ? null : full.slice(colon + 1);
    const name = colon < 0 ? full : full.slice(0, colon);
    const found: Provision[] = [];
    if (qualifier === null) {
      this.#addProvisions(found, name, () => true);
      this.#addProvisions(found, `${name}:${this.#arch}`, () => true);
      return found;
    }
    const counts = (version: AptVersion) =>
      qualifier === this.#arch ||
      (qualifier === 'any' && version.stanza.get('multi-arch')?.toLowerCase() === 'allowed');
    for (const owner of this.versionsOf(name))
      if (counts(owner)) found.push({ owner, version: owner.version });
    this.#addProvisions(found, name, counts);
    this.#addProvisions(found, full, () => true);
    return found;
  }

  #addProvisions(found: Provision[], entry: string, counts: (version: AptVersion) => boolean): void {
    for (const owner of this.#collect((index) => index.providing(entry))) {
      if (this.#hidden.has(owner.package.name) || !counts(owner)) continue;
      for (const group of readRelation(owner.stanza, 'Provides')) {
        const provided = group[0]!;
        const written =
          provided.qualifier === null ? provided.name : `${provided.name}:${provided.qualifier}`;
        if (written !== entry || (provided.op !== null && provided.op !== '=')) continue;
        found.push({ owner, version: provided.version });
      }
    }
  }

  #namesWhere(
    stanzas: (index: PackagesIndex) => readonly number[],
    wanted: (version: AptVersion) => boolean,
  ): string[] {
    const names = new Set<string>();
    for (const version of this.#collect(stanzas)) {
      if (version.source.isSuite && wanted(version) && !this.#hidden.has(version.package.name))
        names.add(version.package.name);
    }
    return [...names].sort(this.#order);
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

interface Parts {
  readonly versions: () => readonly AptVersion[];
  readonly provisions: () => readonly Provision[];
}

/** A name, of which each part is looked for when it is first asked for. */
class AptPackage implements Package {
  readonly name: string;
  readonly #parts: Parts;
  #provisions: readonly Provision[] | null = null;
  #candidate: Version | null | undefined;
  #preferred: Version | null = null;

  constructor(name: string, parts: Parts) {
    this.name = name;
    this.#parts = parts;
  }

  get versions(): readonly AptVersion[] {
    return this.#parts.versions();
  }

  get provisions(): readonly Provision[] {
    this.#provisions ??= this.#parts.provisions();
    return this.#provisions;
  }

  get candidate(): Version | null {
    if (this.#preferred !== null) return this.#preferred;
    if (this.#candidate === undefined) this.#candidate = highestPinned(this.versions);
    return this.#candidate;
  }

  get essential(): boolean {
    return this.versions.some((version) => version.essential);
  }

  get protected(): boolean {
    return this.versions.some(({ stanza }) => isYes(stanza, 'protected') || isYes(stanza, 'important'));
  }

  /** Has the version be the candidate. */
  prefer(version: Version): void {
    this.#preferred = version;
  }
}
