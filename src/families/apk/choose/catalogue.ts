import type { ApkPackage } from '../package/apk-package.ts';

/** The packages of one repository, in the order of its index. */
export interface ApkRepository {
  readonly packages: readonly ApkPackage[];
  /** `@tag url` in `etc/apk/repositories`: taken from only where a world entry asks for it; null: always. */
  readonly tag: string | null;
}

/** A package with the numbers of the repositories that have it. */
export interface Listed {
  readonly package: ApkPackage;
  readonly repositories: number[];
}

/** The names of the packages of all repositories, as texts and numbers only. */
export interface Catalogue {
  /** The packages that have or provide a name, in the order of the repositories, each once. */
  readonly offers: ReadonlyMap<string, readonly Listed[]>;
  /** The names of packages, and what these provide, that have a name in their install_if. */
  readonly waiting: ReadonlyMap<string, ReadonlySet<string>>;
  /** How many names were read before this one. */
  readonly rank: (name: string) => number;
}

/** Every name of the repositories, with what offers it, in the order in which apk reads them. */
export function readCatalogue(
  repositories: readonly { readonly packages: readonly ApkPackage[] }[],
): Catalogue {
  const listed = new Map<string, Listed>();
  const offers = new Map<string, Listed[]>();
  const waiting = new Map<string, Set<string>>();
  const ranks = new Map<string, number>();
  for (const [number, { packages }] of repositories.entries()) {
    for (const item of packages) {
      const known = listed.get(item.identity);
      if (known !== undefined) {
        known.repositories.push(number);
        continue;
      }
      const entry = { package: item, repositories: [number] };
      listed.set(item.identity, entry);
      add(entry);
    }
  }
  return { offers, waiting, rank: (name) => ranks.get(name) ?? ranks.size };

  function add(entry: Listed): void {
    const { name, depends, provides, installIf } = entry.package;
    note(name);
    offer(name, entry);
    for (const dependency of depends) note(dependency.name);
    for (const provided of provides) {
      note(provided.name);
      offer(provided.name, entry);
    }
    for (const condition of installIf) {
      note(condition.name);
      const names = waiting.get(condition.name) ?? new Set();
      waiting.set(condition.name, names.add(name));
      for (const provided of provides) names.add(provided.name);
    }
  }

  function note(name: string): void {
    if (!ranks.has(name)) ranks.set(name, ranks.size);
  }

  function offer(name: string, entry: Listed): void {
    const others = offers.get(name);
    if (others === undefined) offers.set(name, [entry]);
    else if (others.at(-1) !== entry) others.push(entry);
  }
}
