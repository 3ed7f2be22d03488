/** Packages whose files go into an image without a package manager: chosen by the signed index, unpacked in memory. */
import { readFile } from 'node:fs/promises';
import { openPlanCache } from '../cache.ts';
import type { ScratchParts, TakenPackage } from '../families/family.ts';
import { familyOf } from '../families/index.ts';
import { parseDigest } from '../formats/digest.ts';
import type { Job, Surroundings } from '../job.ts';
import type { Lock } from '../lock/lock.ts';
import { planJob } from '../pipeline/plan.ts';

export interface Taken {
  /** With these packages and no others. */
  readonly lock: Lock;
  readonly packages: readonly TakenPackage[];
}

/** The requested packages and their dependencies, planned together; each is fetched when it is wanted. */
export interface Pool {
  readonly names: ReadonlySet<string>;
  /** Fetches and opens those that it has, and that were not taken before. */
  open(names: readonly string[]): Promise<readonly TakenPackage[]>;
  /** The named packages among all that were opened. */
  take(names: readonly string[]): Taken;
}

/** Plans the packages; with a lock, those in it. */
export async function openPool(
  job: Job,
  { include, family }: { readonly include: readonly string[]; readonly family: ScratchParts },
  surroundings: Surroundings,
): Promise<Pool> {
  const { emit } = surroundings;
  const cache = await openPlanCache(job, surroundings);
  // Local content is not planned: it may be another one than when the lock was made.
  const lock = job.lock && { ...job.lock, image: { ...job.lock.image, additions: null } };
  const plan = await planJob(
    { ...job, variant: family.variant, include: [...include].sort(), scripts: 'skip', additions: null, lock },
    cache,
    surroundings,
  );
  const reader = await familyOf(job.recipe).reader();
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
          variant: family.lockedVariant,
          options,
          packages: lockedPackages,
        },
      };
    },
  };
}
