/** Packages whose files go into an image without a package manager: chosen by the signed index, unpacked in memory. */
import { readFile } from 'node:fs/promises';
import { planJob } from '../build/plan.ts';
import { openCache } from '../cache.ts';
import { staging } from '../families/index.ts';
import { parseDigest } from '../formats/digest.ts';
import type { Job, Surroundings } from '../job.ts';
import type { Lock, LockedPackage } from '../lock/lock.ts';
import type { Variant } from '../recipe/recipe.ts';
import { findRecipe, loadRecipe } from '../recipe/recipes.ts';
import type { PackageFile, PackageReader } from '../rootfs/package-file.ts';

export interface TakenPackage extends PackageFile {
  readonly locked: LockedPackage;
}

export interface Taken {
  /** With these packages and no others. */
  readonly lock: Lock;
  readonly packages: readonly TakenPackage[];
}

/** What was asked for and all that it depends on, planned together; a package is fetched when it is wanted. */
export interface Pool {
  readonly names: ReadonlySet<string>;
  /** Fetches and opens those that it has, and that were not taken before. */
  open(names: readonly string[]): Promise<readonly TakenPackage[]>;
  /** Of all that was opened, those named. */
  take(names: readonly string[]): Taken;
}

/** Plans the packages; with a lock, those in it. */
export async function openPool(
  job: Job,
  { include, variant }: { readonly include: readonly string[]; readonly variant: Variant },
  surroundings: Surroundings,
): Promise<Pool> {
  const { emit } = surroundings;
  const { family } = findRecipe(job.suite);
  const cache = openCache(job, surroundings);
  // Local content is not planned: it may be another one than when the lock was made.
  const lock = job.lock && { ...job.lock, image: { ...job.lock.image, additions: null } };
  const plan = await planJob(
    { ...job, variant, include: [...include].sort(), scripts: 'skip', additions: null, lock },
    cache,
    surroundings,
  );
  const reader = (await import(staging[family].reader)) as PackageReader;
  const opened = new Map<string, TakenPackage>();

  const open = async (names: readonly string[]) => {
    const wanted = plan.lock.packages.filter(({ name }) => names.includes(name) && !opened.has(name));
    const bytes = wanted.reduce((sum, { size }) => sum + size, 0);
    emit({ type: 'phase', phase: 'fetch', packages: wanted.length, bytes });
    const items = wanted.map((locked) => ({
      locked,
      size: locked.size,
      what: `${locked.name} ${locked.version} ${locked.arch}`,
      urls: plan.urlsOf(locked.path, locked.pocket),
      digest: parseDigest(locked.digest),
    }));
    const stored = await cache.store.fetchAll(items, {
      onItem: ({ locked, size }, { cached }) =>
        emit({ type: 'fetched', name: locked.name, bytes: size, cached }),
      onBytes: (change) => emit({ type: 'bytes', bytes: change }),
    });
    const packages = await Promise.all(
      wanted.map(async (locked, index) => {
        return { locked, ...(await reader.readPackage(await readFile(stored[index]!.path))) };
      }),
    );
    for (const one of packages) opened.set(one.locked.name, one);
    return packages;
  };

  return {
    names: new Set(plan.lock.packages.map(({ name }) => name)),
    open,
    take(names) {
      const packages = [...names].sort().flatMap((name) => opened.get(name) ?? []);
      const options = { ...plan.lock.options, include: packages.map(({ locked }) => locked.name) };
      const lockedPackages = packages.map(({ locked }) => ({ ...locked, reason: 'requested' as const }));
      return {
        packages,
        lock: {
          ...plan.lock,
          variant: family === 'apt' ? 'scratch' : variant,
          options,
          packages: lockedPackages,
        },
      };
    },
  };
}

/** How the package that has a library is found. */
export interface LibrarySources {
  /** What to include for a library, by its name without folders; the best of several first. */
  readonly sourcesOf: (library: string) => readonly string[];
  /** `all` that is planned is opened, or those packages alone that `sourcesOf` has named. */
  readonly opens: 'all' | 'named';
}

/** Of apt by what the archive says of its contents, of apk by the names that libraries themselves are provided by. */
export async function librarySources(job: Job, surroundings: Surroundings): Promise<LibrarySources> {
  if (job.lock !== null) return { sourcesOf: () => [], opens: 'all' };
  const recipe = findRecipe(job.suite);
  if (recipe.family === 'apk') {
    return { sourcesOf: (library) => (GLIBC.test(library) ? [] : [soName(library)]), opens: 'all' };
  }
  const { libraryOwners } = await import('../families/apt/plan/planner.ts');
  const owners = await libraryOwners(job, await loadRecipe(recipe), openCache(job, surroundings));
  return { sourcesOf: (library) => owners.get(library) ?? [], opens: 'named' };
}

/** Parts of glibc, which distributions of apk do not have. */
const GLIBC = /^(ld-linux.*|ld64|lib(c|m|dl|rt|pthread))\.so\.\d+$/;

/** What an apk that has the library provides; musl's linker is its C library. */
function soName(library: string): string {
  return `so:${library.replace(/^ld-musl-(.+)\.so\.1$/, 'libc.musl-$1.so.1')}`;
}
