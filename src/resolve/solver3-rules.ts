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

const SATISFY = 0;
const SELECT_VERSION = 1;

/** The rules of a universe, made for the items that the search comes to. */
export class Clauses {
  readonly #universe: Universe;
  readonly #items = new Map<Package | Version, Item>();
  readonly #wanted: ReadonlyMap<Package, Version>;
  readonly #inPlace: ReadonlySet<Version>;
  readonly #recommends: boolean;
  readonly #preferences: NonNullable<SolveOptions['preferences']>;

  constructor(
    universe: Universe,
    { requests, installed = [], recommends = false, preferences = [] }: SolveOptions,
  ) {
    this.#universe = universe;
    this.#wanted = new Map(requests.map(({ package: name, version }) => [name, version]));
    this.#inPlace = new Set(installed);
    this.#recommends = recommends;
    this.#preferences = preferences;
  }

  itemOf(version: Version): Item {
    return this.#make(version.package, version);
  }

  chosen(): readonly Version[] {
    return [...this.#items.values()].flatMap(({ version, decision }) =>
      version && decision ? [version] : [],
    );
  }

  #make(name: Package, version: Version | null): Item {
    const key = version ?? name;
    let item = this.#items.get(key);
    if (item === undefined) {
      // No other than the candidate may be chosen: pins are strict.
      const barred = version !== null && version !== (this.#wanted.get(name) ?? name.candidate);
      item = {
        package: name,
        version,
        decision: barred ? false : null,
        level: 0,
        discovered: false,
        rules: [],
        users: [],
      };
      this.#items.set(key, item);
    }
    return item;
  }

  /** Makes the rules of an item and of all that it may lead to. */
  discover(start: Item): void {
    const pending = [start];
    for (const next of pending) {
      const owner = this.#make(next.package, null);
      // The package first, so that dependencies of all its versions are added once.
      const item = next.version !== null && !owner.discovered ? owner : next;
      if (item.discovered) continue;
      item.discovered = true;
      if (item.version === null) this.#describePackage(item);
      else this.#describeVersion(item, item.version);
      for (const rule of item.rules) {
        for (const solution of rule.solutions) {
          if (solution.decision !== false || solution.level > 0) pending.push(solution);
        }
      }
    }
  }

  #describePackage(item: Item): void {
    const { versions } = item.package;
    const ordered = [...versions]
      .sort((a, b) => b.pin - a.pin)
      .map((version) => this.#make(item.package, version));
    this.#add({ owner: item, solutions: ordered, optional: false, negative: false, group: SELECT_VERSION });
    for (const relation of versions[0]?.relations ?? []) {
      if (this.#isShared(item.package, relation)) this.#addRelation(item, relation);
    }
  }

  #describeVersion(item: Item, version: Version): void {
    const own = this.#make(item.package, null);
    this.#add({ owner: item, solutions: [own], optional: false, negative: false, group: SELECT_VERSION });
    for (const other of item.package.versions) {
      if (other === version) continue;
      const rivals = [this.#make(item.package, other)];
      this.#add({ owner: item, solutions: rivals, optional: false, negative: true, group: SELECT_VERSION });
    }
    for (const relation of version.relations) {
      if (!this.#isShared(item.package, relation)) this.#addRelation(item, relation);
    }
  }

  #isShared({ versions }: Package, relation: Relation): boolean {
    const key = keyOf(relation);
    return versions.every(({ relations }) => relations.some((other) => keyOf(other) === key));
  }

  #addRelation(owner: Item, relation: Relation): void {
    const optional = !isCritical(relation);
    if (optional && !(this.#recommends && relation.kind === 'Recommends')) return;
    const found = relation.targets.flatMap((target) => this.#solutionsOf(relation, target));
    const solutions = applyPreferences(
      [...found.filter((item) => this.#isInPlace(item)), ...found.filter((item) => !this.#isInPlace(item))],
      this.#preferences,
    );
    this.#add({ owner, solutions, optional, negative: isNegative(relation), group: SATISFY });
  }

  #isInPlace({ package: name }: Item): boolean {
    return name.versions.some((version) => this.#inPlace.has(version));
  }

  #solutionsOf(relation: Relation, target: Target): Item[] {
    const { package: name } = target;
    const meets = (version: string | null) =>
      target.op === null || (version !== null && this.#universe.satisfies(version, target));
    const own = name.versions.filter(({ version }) => meets(version));
    const isPlain = name.provisions.length === 0 && own.length > 0 && own.length === name.versions.length;
    if (isPlain && !isNegative(relation)) return [this.#make(name, null)];
    const providers = name.provisions.filter(({ version }) => meets(version)).map(({ owner }) => owner);
    const self = isNegative(relation) ? relation.owner.package : null;
    return [...own, ...providers]
      .filter((version) => version.package !== self)
      .sort((a, b) => compare(name, [a, b]))
      .map((version) => this.#make(version.package, version));
  }

  #add(rule: Rule): void {
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
