import type { Job, Surroundings } from '../job.ts';
import type { ProgramSet } from './given-program.ts';
import { type Collected, collectFromHost, collectFromPackages } from './libraries.ts';
import type { Taken } from './packages.ts';

export interface Wanted {
  /** Packages of which files are taken by name. */
  readonly parts: readonly string[];
  /** Whose libraries the programs get. */
  readonly libraries: LibrarySource;
}

/** `host`: this machine's. `packages`: those of the suite's packages. */
export type LibrarySource = 'none' | 'host' | 'packages';

export interface Gathered {
  readonly taken: Taken | null;
  readonly collected: Collected | null;
}

/** What of packages and of this machine goes around the programs. */
export async function gather(
  { programs }: ProgramSet,
  { job, wanted }: { readonly job: Job; readonly wanted: Wanted },
  surroundings: Surroundings,
): Promise<Gathered> {
  const { parts, libraries } = wanted;
  const isDynamic = programs.some(
    ({ program }) => program.kind === 'elf' && program.elf.interpreter !== null,
  );
  const isPackaged = libraries === 'packages' && isDynamic;
  const collected = libraries === 'host' && isDynamic ? collectFromHost(programs) : null;
  if (!isPackaged && parts.length === 0) return { taken: null, collected };
  // Planning is not loaded where there is nothing to plan.
  const { findOwners, openPool } = await import('./packages.ts');
  const open = (include: readonly string[]) => openPool(job, include, surroundings);
  if (!isPackaged) {
    const pool = await open(parts);
    await pool.open(parts);
    return { taken: pool.take(parts), collected };
  }
  const found = await collectFromPackages(programs, {
    include: parts,
    owners: job.lock === null ? await findOwners(job, surroundings) : new Map(),
    openPool: open,
    isLocked: job.lock !== null,
    suite: job.suite,
  });
  const owners = found.collected.libraries.flatMap(
    ({ followed }) => found.collected.owners.get(followed.real) ?? [],
  );
  await found.pool.open(parts);
  return { taken: found.pool.take([...new Set([...parts, ...owners])]), collected: found.collected };
}
