/** The differences between two sets of packages. Pure. */

/** A package as one side of a comparison describes it; unknown fields are null. */
export interface PackageFact {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly pocket: string | null;
  /** The digest of the package file. */
  readonly digest: string | null;
  /** Bytes of the package file. */
  readonly size: number | null;
}

export interface PackageSet {
  /** The image's architecture: its packages may be of architecture `all`. */
  readonly arch: string | null;
  readonly packages: readonly PackageFact[];
}

export const PACKAGE_CHANGES = ['added', 'removed', 'upgraded', 'downgraded', 'rebuilt'] as const;
/** `rebuilt`: the same version with other content. */
export type PackageChangeKind = (typeof PACKAGE_CHANGES)[number];

export interface PackageChange {
  readonly kind: PackageChangeKind;
  readonly name: string;
  /** The images' architectures in which it is so. */
  readonly arches: readonly string[];
  /** Versions; null where there was or is none. */
  readonly before: string | null;
  readonly after: string | null;
  /** Where the new version is from: `security`; null where that is not known, or for one that went. */
  readonly pocket: string | null;
  /** By how many bytes its file grew, in all architectures together; null where a side does not know. */
  readonly grown: number | null;
}

/** Negative where the first version is older. */
export type CompareVersions = (a: string, b: string) => number;

/** The changes of one architecture, by name. */
export function packageChanges(
  before: PackageSet,
  after: PackageSet,
  compare: CompareVersions,
): PackageChange[] {
  const old = byIdentity(before.packages);
  const current = byIdentity(after.packages);
  const arch = after.arch ?? before.arch;
  const names = [...new Set([...old.keys(), ...current.keys()])].sort();
  return names.flatMap((identity) => {
    const [was, is] = [old.get(identity), current.get(identity)];
    const kind = kindOf(was, is, compare);
    if (kind === null) return [];
    return {
      kind,
      name: (is ?? was)!.name,
      arches: arch === null ? [] : [arch],
      before: was?.version ?? null,
      after: is?.version ?? null,
      pocket: is?.pocket ?? null,
      grown: grownFrom(was, is),
    };
  });
}

/** The changes of several architectures, where the same one stands once. */
export function mergeChanges(changes: readonly PackageChange[]): PackageChange[] {
  const merged = new Map<string, PackageChange>();
  for (const change of changes) {
    const key = [change.name, change.kind, change.before, change.after, change.pocket].join('\0');
    const known = merged.get(key);
    if (known === undefined) merged.set(key, change);
    else {
      const grown = known.grown === null || change.grown === null ? null : known.grown + change.grown;
      merged.set(key, { ...known, arches: [...known.arches, ...change.arches], grown });
    }
  }
  return [...merged.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** A package is the same one though it moved between its architecture and `all`, as packages do. */
function byIdentity(packages: readonly PackageFact[]): Map<string, PackageFact> {
  const native = mostFrequent(packages.map(({ arch }) => arch).filter((arch) => !SHARED.has(arch)));
  return new Map(
    packages.map((item) => {
      const foreign = !SHARED.has(item.arch) && item.arch !== native;
      return [foreign ? `${item.name}:${item.arch}` : item.name, item];
    }),
  );
}

const SHARED: ReadonlySet<string> = new Set(['all', 'noarch']);

function mostFrequent(texts: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

function grownFrom(was: PackageFact | undefined, is: PackageFact | undefined): number | null {
  if (was?.size === null || is?.size === null) return null;
  return (is?.size ?? 0) - (was?.size ?? 0);
}

function kindOf(
  was: PackageFact | undefined,
  is: PackageFact | undefined,
  compare: CompareVersions,
): PackageChangeKind | null {
  if (was === undefined) return 'added';
  if (is === undefined) return 'removed';
  const order = compare(was.version, is.version);
  if (order < 0) return 'upgraded';
  if (order > 0) return 'downgraded';
  const differs = was.version !== is.version || was.arch !== is.arch;
  return differs || (was.digest !== null && is.digest !== null && was.digest !== is.digest)
    ? 'rebuilt'
    : null;
}
