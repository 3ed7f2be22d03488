import { applyPreferences } from './preferences.ts';
import { compareRank } from './providers.ts';
import {
  isCritical,
  isNegative,
  type Package,
  type Relation,
  type SolveOptions,
  showTargets,
  type Target,
  type Universe,
  type Version,
} from './universe.ts';

/** A package or one of its versions, to be decided on. */
export interface Item {
  readonly package: Package;
  /** Null for the package itself. */
  readonly version: Version | null;
  decision: boolean | null;
  level: number;
  discovered: boolean;
  /** The rules that it owns. */
  readonly rules: Rule[];
  /** The rules that it is a solution of. */
  readonly users: Rule[];
}

/** If `owner` is in, so is one of the solutions; with `negative`, none of them. */
export interface Rule {
  readonly owner: Item;
  readonly solutions: readonly Item[];
  readonly optional: boolean;
  readonly negative: boolean;
  /** Lower ones are met first. */
  readonly group: number;
}

export interface Clauses {
  readonly itemOf: (version: Version) => Item;
  /** Makes the rules of an item and of all that it may lead to. */
  readonly discover: (item: Item) => void;
  readonly chosen: () => readonly Version[];
}

const SATISFY = 0;
const SELECT_VERSION = 1;

export function createClauses(
  universe: Universe,
  { requests, installed = [], recommends = false, preferences = [] }: SolveOptions,
): Clauses {
  const items = new Map<Package | Version, Item>();
  const wanted = new Map(requests.map(({ package: name, version }) => [name, version]));
  const inPlace = new Set(installed);

  return {
    itemOf: (version) => make(version.package, version),
    discover,
    chosen: () =>
      [...items.values()].flatMap(({ version, decision }) => (version && decision ? [version] : [])),
  };

  function make(name: Package, version: Version | null): Item {
    const key = version ?? name;
    let item = items.get(key);
    if (item === undefined) {
      // No other than the candidate may be chosen: pins are strict.
      const barred = version !== null && version !== (wanted.get(name) ?? name.candidate);
      item = {
        package: name,
        version,
        decision: barred ? false : null,
        level: 0,
        discovered: false,
        rules: [],
        users: [],
      };
      items.set(key, item);
    }
    return item;
  }

  function discover(start: Item): void {
    const pending = [start];
    for (const next of pending) {
      const owner = make(next.package, null);
      // The package first, so that dependencies of all its versions are added once.
      const item = next.version !== null && !owner.discovered ? owner : next;
      if (item.discovered) continue;
      item.discovered = true;
      if (item.version === null) describePackage(item);
      else describeVersion(item, item.version);
      for (const rule of item.rules) {
        for (const solution of rule.solutions) {
          if (solution.decision !== false || solution.level > 0) pending.push(solution);
        }
      }
    }
  }

  function describePackage(item: Item): void {
    const { versions } = item.package;
    const ordered = [...versions].sort((a, b) => b.pin - a.pin).map((version) => make(item.package, version));
    add({ owner: item, solutions: ordered, optional: false, negative: false, group: SELECT_VERSION });
    for (const relation of versions[0]?.relations ?? []) {
      if (isShared(item.package, relation)) addRelation(item, relation);
    }
  }

  function describeVersion(item: Item, version: Version): void {
    const own = make(item.package, null);
    add({ owner: item, solutions: [own], optional: false, negative: false, group: SELECT_VERSION });
    for (const other of item.package.versions) {
      if (other === version) continue;
      const rivals = [make(item.package, other)];
      add({ owner: item, solutions: rivals, optional: false, negative: true, group: SELECT_VERSION });
    }
    for (const relation of version.relations) {
      if (!isShared(item.package, relation)) addRelation(item, relation);
    }
  }

  function isShared({ versions }: Package, relation: Relation): boolean {
    const key = keyOf(relation);
    return versions.every(({ relations }) => relations.some((other) => keyOf(other) === key));
  }

  function addRelation(owner: Item, relation: Relation): void {
    const optional = !isCritical(relation);
    if (optional && !(recommends && relation.kind === 'Recommends')) return;
    const found = relation.targets.flatMap((target) => solutionsOf(relation, target));
    const solutions = applyPreferences(
      [...found.filter(isInPlace), ...found.filter((item) => !isInPlace(item))],
      preferences,
    );
    add({ owner, solutions, optional, negative: isNegative(relation), group: SATISFY });
  }

  function isInPlace({ package: name }: Item): boolean {
    return name.versions.some((version) => inPlace.has(version));
  }

  function solutionsOf(relation: Relation, target: Target): Item[] {
    const { package: name } = target;
    const meets = (version: string | null) =>
      target.op === null || (version !== null && universe.satisfies(version, target));
    const own = name.versions.filter(({ version }) => meets(version));
    const isPlain = name.provisions.length === 0 && own.length > 0 && own.length === name.versions.length;
    if (isPlain && !isNegative(relation)) return [make(name, null)];
    const providers = name.provisions.filter(({ version }) => meets(version)).map(({ owner }) => owner);
    const self = isNegative(relation) ? relation.owner.package : null;
    return [...own, ...providers]
      .filter((version) => version.package !== self)
      .sort((a, b) => compare(name, [a, b]))
      .map((version) => make(version.package, version));
  }

  function add(rule: Rule): void {
    rule.owner.rules.push(rule);
    for (const solution of rule.solutions) solution.users.push(rule);
  }
}

function keyOf({ kind, targets }: Relation): string {
  return `${kind} ${showTargets(targets)}`;
}

/** As apt's classic order, but the last tie goes to the name that sorts first. */
function compare(target: Package, [a, b]: readonly [Version, Version]): number {
  if (a.package === b.package) return b.pin - a.pin;
  return compareRank(target, a, b) || (a.package.name < b.package.name ? -1 : 1);
}
