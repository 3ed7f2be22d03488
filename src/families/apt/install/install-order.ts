/** In which order packages are installed, and in which steps. Pure; the same set gives the same order. */
import type { Control, Relation } from '../package/control.ts';
import { satisfies } from '../package/version.ts';

/**
 * Depth first through Pre-Depends and Depends, so that what a package needs comes before it, from the
 * packages with the highest score on, then by name: apt's order (`Score` in apt-pkg/orderlist.cc).
 */
export function installOrder<P extends { readonly control: Control }>(packages: readonly P[]): P[] {
  const find = finderFor(packages);
  const roots = packages.toSorted(
    (a, b) => score(b.control) - score(a.control) || (a.control.name < b.control.name ? -1 : 1),
  );
  const ordered = new Set<P>();
  const entered = new Set<P>();
  const visit = (item: P) => {
    if (entered.has(item)) return;
    entered.add(item);
    for (const relation of [item.control.preDepends, item.control.depends]) {
      for (const needed of find(relation)) visit(needed);
    }
    ordered.add(item);
  };
  roots.forEach(visit);
  return [...ordered];
}

const PRIORITIES: Readonly<Record<string, number>> = { required: 5, important: 4, standard: 3, optional: 1 };

function score({ essential, preDepends, name, priority }: Control): number {
  return (
    (essential ? 200 : 0) +
    (preDepends.length > 0 ? 50 : 0) +
    // apt goes by its index, which makes apt itself required; the package calls itself important.
    (PRIORITIES[name === 'apt' ? 'required' : priority] ?? 0)
  );
}

/** The roots and what they need of the packages, Pre-Depends and Depends: in the order of the packages. */
export function withNeeds<P extends { readonly control: Control }>(
  roots: readonly P[],
  packages: readonly P[],
): readonly P[] {
  const find = finderFor(packages);
  const needed = new Set(roots.flatMap((root) => [...closureOf(root, find)]));
  return packages.filter((item) => needed.has(item));
}

/** Packages that are unpacked one after another, and what is configured right before them. */
export interface InstallStep<P> {
  readonly configure: readonly P[];
  readonly unpack: readonly P[];
}

/**
 * Splits packages, given in installation order, into steps: before a package whose
 * Pre-Depends are not configured yet, those are configured (policy section 7.2), and `begins` marks
 * packages that begin a step of their own. Packages that are in place already are not included. All packages that are
 * not configured by then wait for the end, as with apt (`SmartUnPack` in apt-pkg/packagemanager.cc).
 */
export function installSteps<P extends { readonly control: Control }>(
  packages: readonly P[],
  begins: (item: P) => boolean,
): InstallStep<P>[] {
  const find = finderFor(packages);
  const steps: { readonly configure: readonly P[]; readonly unpack: P[] }[] = [];
  const entered = new Set<P>();
  const unpacked = new Set<P>();
  const configured = new Set<P>();
  const put = (item: P) => {
    if (entered.has(item)) return;
    entered.add(item);
    const configure = neededBy(item);
    for (const needed of configure) configured.add(needed);
    if (steps.length === 0 || configure.length > 0 || begins(item)) steps.push({ configure, unpack: [] });
    steps.at(-1)?.unpack.push(item);
    unpacked.add(item);
  };
  /** In the order of the packages; those that only a circle has put behind are unpacked now. */
  const neededBy = (item: P): readonly P[] => {
    const firsts = find(item.control.preDepends);
    if (firsts.every((first) => configured.has(first))) return [];
    const closure = new Set(firsts.flatMap((first) => [...closureOf(first, find)]));
    const needed = packages.filter((other) => closure.has(other) && !configured.has(other));
    needed.forEach(put);
    return needed.filter((other) => unpacked.has(other) && !configured.has(other));
  };
  packages.forEach(put);
  return steps;
}

function closureOf<P extends { readonly control: Control }>(
  start: P,
  find: (relation: Relation) => readonly P[],
): ReadonlySet<P> {
  const closure = new Set([start]);
  for (const item of closure) {
    for (const needed of [...find(item.control.preDepends), ...find(item.control.depends)])
      closure.add(needed);
  }
  return closure;
}

/** The members of the set that satisfy a relation: for each group the first alternative that has one. */
function finderFor<P extends { readonly control: Control }>(
  packages: readonly P[],
): (relation: Relation) => readonly P[] {
  const byName = new Map<string, { item: P; version: string | null }[]>();
  const add = (name: string, item: P, version: string | null) =>
    byName.set(name, [...(byName.get(name) ?? []), { item, version }]);
  for (const item of packages) {
    add(item.control.name, item, item.control.version);
    for (const provided of item.control.provides) add(provided.name, item, provided.version);
  }
  const cache = new Map<Relation, readonly P[]>();
  return (relation) => {
    const known = cache.get(relation);
    if (known !== undefined) return known;
    const found = relation.flatMap((group) => {
      for (const { name, op, version } of group) {
        const provider = byName
          .get(name)
          ?.find((p) => op === null || (p.version !== null && satisfies(p.version, op, version ?? '')));
        if (provider !== undefined) return [provider.item];
      }
      return [];
    });
    cache.set(relation, found);
    return found;
  };
}
