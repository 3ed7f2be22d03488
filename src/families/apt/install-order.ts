/** In which order packages are installed, and in which waves. Pure; the same set gives the same order. */
import type { Control, Relation } from './control.ts';
import { satisfies } from './version.ts';

/**
 * Depth first through Pre-Depends and Depends, so that what a package needs comes before it; first the
 * Essential packages, of those first the ones with Pre-Depends, then by name: apt's order
 * (apt-pkg/orderlist.cc scores in this way).
 */
export function installOrder<P extends { readonly control: Control }>(packages: readonly P[]): P[] {
  const find = finderFor(packages);
  const score = ({ control }: P) => (control.essential ? 2 : 0) + (control.preDepends.length > 0 ? 1 : 0);
  const roots = packages.toSorted(
    (a, b) => score(b) - score(a) || (a.control.name < b.control.name ? -1 : 1),
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

/**
 * Splits packages, given in installation order, so that whatever a package Pre-Depends on, with all
 * that it depends on in turn, is in an earlier wave: policy section 7.2 wants it configured before the
 * preinst runs. What is in place already is not among the packages.
 */
export function installWaves<P extends { readonly control: Control }>(packages: readonly P[]): P[][] {
  const find = finderFor(packages);
  const waveOf = new Map<P, number>(packages.map((item) => [item, 0]));
  // Each round can only raise a wave, and no chain is longer than the set: it ends.
  for (let round = 0, changed = true; changed && round < packages.length; round++) {
    changed = false;
    for (const item of packages) {
      const wave = waveOf.get(item) ?? 0;
      let least = wave;
      for (const first of find(item.control.preDepends)) {
        for (const needed of closureOf(first, find)) {
          if (needed !== item) least = Math.max(least, (waveOf.get(needed) ?? 0) + 1);
        }
      }
      if (least > wave) {
        waveOf.set(item, least);
        changed = true;
      }
    }
  }
  const waves: P[][] = [];
  for (const item of packages) {
    const wave = waveOf.get(item) ?? 0;
    waves[wave] = [...(waves[wave] ?? []), item];
  }
  return waves.filter((wave) => wave !== undefined);
}

/**
 * What has to be configured before a wave: the packages that it Pre-Depends on with all that they depend
 * on, in the order of `packages`, less those that are configured: dpkg refuses to do it twice. All others
 * wait for the last wave, as they do with apt.
 */
export function neededBefore<P extends { readonly control: Control }>(
  wave: readonly P[],
  packages: readonly P[],
  configured: ReadonlySet<P>,
): P[] {
  const find = finderFor(packages);
  const firsts = wave.flatMap(({ control }) => find(control.preDepends));
  const needed = new Set(firsts.flatMap((first) => [...closureOf(first, find)]));
  return packages.filter((item) => needed.has(item) && !configured.has(item));
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
