/**
 * The packages that can be installed, as a solver sees them: the border between the solvers, which know nothing
 * of index files, and the families, which know nothing of solving.
 */
export interface Universe {
  /** The package of a name, which exists for every name: it may have no version and no provider. */
  readonly find: (name: string) => Package;
  /** Whether a version stands in the relation that `target` asks for. */
  readonly satisfies: (version: string, target: Target) => boolean;
  /** Negative where the index mentions `a` before `b`: the order in which apt numbers packages. */
  readonly mentionOrder: (a: Package, b: Package) => number;
  /** The names of all packages with a version, for suggestions. */
  readonly names: () => Iterable<string>;
}

/** A name: of a real package, of something that others provide, or of nothing at all. */
export interface Package {
  readonly name: string;
  /** Highest first; of equal ones, the first pocket's first. */
  readonly versions: readonly Version[];
  readonly provisions: readonly Provision[];
  /** The one version that may be installed: of the highest pin the highest. Null where there is none. */
  readonly candidate: Version | null;
  readonly essential: boolean;
  /** `Protected: yes`, or `Important: yes` as it was spelled before. */
  readonly protected: boolean;
}

export interface Version {
  readonly package: Package;
  readonly version: string;
  readonly pocket: string;
  readonly pin: number;
  /** 1 required, 2 important, 3 standard, 4 optional, 5 extra; 0 where the field is missing. */
  readonly priority: number;
  /** In the order: Pre-Depends, Depends, Conflicts, Breaks, Recommends, Suggests. */
  readonly relations: readonly Relation[];
}

/** That a version provides a name, by an own version or by none. */
export interface Provision {
  readonly owner: Version;
  readonly version: string | null;
}

export type RelationKind = 'Pre-Depends' | 'Depends' | 'Conflicts' | 'Breaks' | 'Recommends' | 'Suggests';

/** One group of a relationship field. A negative one has a single target. */
export interface Relation {
  readonly kind: RelationKind;
  readonly owner: Version;
  readonly targets: readonly Target[];
}

export interface Target {
  readonly package: Package;
  readonly op: string | null;
  /** Set exactly when `op` is. */
  readonly version: string | null;
}

/** A package that is asked for, and the version of it that is wanted. */
export interface Request {
  readonly package: Package;
  readonly version: Version;
  readonly by: 'user' | 'variant';
}

export interface SolveOptions {
  readonly requests: readonly Request[];
  /** In place already: they meet dependencies first, and stay. */
  readonly installed?: readonly Version[];
  readonly recommends?: boolean;
  /** Pairs of names: the first is taken before the second where both would do. */
  readonly preferences?: readonly { readonly prefer: string; readonly over: string }[];
}

export interface Outcome {
  /** With what was in place; null where the solver refuses. */
  readonly plan: readonly Version[] | null;
  /** Relations left broken, where the solver knows them. */
  readonly broken: readonly Relation[];
}

export function isNegative(relation: Relation): boolean {
  return relation.kind === 'Conflicts' || relation.kind === 'Breaks';
}

/** Whether a package is broken without it. */
export function isCritical(relation: Relation): boolean {
  return relation.kind !== 'Recommends' && relation.kind !== 'Suggests';
}

/**
 * The versions that satisfy `target`, among those that `chosen` gives for a package: the package
 * itself, then its providers. A package never conflicts with itself, nor with
 * the names that it provides.
 */
export function matches(
  universe: Universe,
  relation: Relation,
  { target, chosen }: { target: Target; chosen: (name: Package) => Version | null },
): Version[] {
  const found: Version[] = [];
  const self = isNegative(relation) ? relation.owner.package : null;
  const own = chosen(target.package);
  if (own !== null && own.package !== self && meets(universe, own.version, target)) found.push(own);
  for (const { owner, version } of target.package.provisions) {
    if (owner.package === self || chosen(owner.package) !== owner) continue;
    if (meets(universe, version, target) && !found.includes(owner)) found.push(owner);
  }
  return found;
}

/** An unversioned provision meets only what asks for no version. */
function meets(universe: Universe, version: string | null, target: Target): boolean {
  return target.op === null || (version !== null && universe.satisfies(version, target));
}

/** `libc6 (>= 2.36)`. */
export function showTarget({ package: { name }, op, version }: Target): string {
  return op === null ? name : `${name} (${op} ${version})`;
}

/** `default-mta | mail-transport-agent` */
export function showTargets(targets: readonly Target[]): string {
  return targets.map(showTarget).join(' | ');
}
