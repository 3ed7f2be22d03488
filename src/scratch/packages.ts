/** Packages whose files go into an image without a package manager: chosen by the signed index, unpacked in memory. */
import { readFile } from 'node:fs/promises';
import { openCache } from '../cache.ts';
import { MkbaseError } from '../errors.ts';
import { staging } from '../families/index.ts';
import { parseDigest } from '../formats/digest.ts';
import type { Job, Surroundings } from '../job.ts';
import type { Lock, LockedPackage } from '../lock.ts';
import { planJob } from '../plan.ts';
import { findRecipe } from '../recipes.ts';
import type { PackageFile, PackageReader } from '../rootfs/package-file.ts';

export interface TakenPackage extends PackageFile {
  readonly locked: LockedPackage;
}

export interface Taken {
  readonly lock: Lock;
  readonly packages: readonly TakenPackage[];
}

/** Plans, fetches and opens the packages named, without what they depend on: parts of them are wanted. */
export async function takePackages(
  job: Job,
  names: readonly string[],
  surroundings: Surroundings,
): Promise<Taken> {
  const { emit } = surroundings;
  const { family, suite } = findRecipe(job.suite);
  if (family !== 'apt') throw unknownFamily(suite);
  const cache = openCache(job, surroundings);
  emit({ type: 'phase', phase: 'plan' });
  const plan = await planJob(
    { ...job, variant: 'scratch', include: names, scripts: 'skip', additions: null },
    { ...cache, aptFolder: '/etc/apt' },
  );
  for (const message of plan.warnings) emit({ type: 'warning', message });
  const { packages } = plan.lock;
  const bytes = packages.reduce((sum, { size }) => sum + size, 0);
  emit({ type: 'phase', phase: 'fetch', packages: packages.length, bytes });
  const items = packages.map((locked) => ({
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
  const { readPackage } = (await import(staging[family].reader)) as PackageReader;
  const opened = await Promise.all(
    items.map(async ({ locked }, index) => ({
      locked,
      ...(await readPackage(await readFile(stored[index]!.path))),
    })),
  );
  return { lock: plan.lock, packages: opened };
}

function unknownFamily(suite: string): MkbaseError {
  return new MkbaseError('usage/bad-value', `files of packages cannot be taken from \`${suite}\``, {
    hint: 'name a suite of Debian or Ubuntu with `--from`',
  });
}
