import { openCache } from '../cache.ts';
import type { LibrarySources, ScratchParts } from '../families/family.ts';
import type { Job, Surroundings } from '../job.ts';
import type { ProgramSet } from './given-program.ts';
import { type Collected, collectFromHost, collectFromPackages } from './libraries.ts';
import type { Taken } from './packages.ts';
import { withDependencies } from './whole-packages.ts';

export interface Wanted {
  /** Packages of which files are taken by name. */
  readonly parts: readonly string[];
  /** The source of the programs' libraries. */
  readonly libraries: LibrarySource;
}

/** `host`: this machine's. `packages`: those of the suite's packages. */
export type LibrarySource = 'none' | 'host' | 'packages';

export interface GatherOptions {
  readonly job: Job;
  readonly wanted: Wanted;
  readonly family: ScratchParts;
}

export interface Gathered {
  readonly taken: Taken | null;
  /** Which of them are whole. */
  readonly whole: ReadonlySet<string>;
  readonly collected: Collected | null;
}

/** Collects the parts of packages and of this machine that go with the programs. */
export async function gather(
  { programs }: ProgramSet,
  { job, wanted, family }: GatherOptions,
  surroundings: Surroundings,
): Promise<Gathered> {
  const { parts, libraries } = wanted;
  const named = [...parts, ...job.include];
  const isDynamic = programs.some(
    ({ program }) => program.kind === 'elf' && program.elf.interpreter !== null,
  );
  const isPackaged = libraries === 'packages' && isDynamic;
  const fromHost = libraries === 'host' && isDynamic ? collectFromHost(programs) : null;
  if (!isPackaged && parts.length === 0 && !wantsWhole(job))
    return { taken: null, whole: new Set(), collected: fromHost };
  // Planning is not loaded where there is nothing to plan.
  const { openPool } = await import('./packages.ts');
  const open = (include: readonly string[]) => openPool(job, { include, family }, surroundings);
  const found = isPackaged
    ? await collectFromPackages(programs, {
        include: named,
        ...(await librarySources(job, family, surroundings)),
        openPool: open,
        suite: job.suite,
        mergesUsr: family.mergesUsr,
      })
    : { pool: await open(named), collected: fromHost };
  const { pool, collected } = found;
  // Which of them are dependencies is known once all are opened.
  await pool.open(wantsWhole(job) ? [...pool.names] : parts);
  const complete = withDependencies(job, pool.take([...pool.names]).packages, family);
  const owners = isPackaged ? ownersOf(collected!) : [];
  return { taken: pool.take([...new Set([...parts, ...complete, ...owners])]), whole: complete, collected };
}

/** Whether packages are to be taken whole, with what they depend on. */
export function wantsWhole({ include, localPackages }: Job): boolean {
  return include.length + localPackages.length > 0;
}

function ownersOf({ libraries, owners }: Collected): string[] {
  return libraries.flatMap(({ followed }) => owners.get(followed.real) ?? []);
}

/** Where libraries come from; those of a lock are all in it. */
async function librarySources(
  job: Job,
  family: ScratchParts,
  surroundings: Surroundings,
): Promise<LibrarySources> {
  if (job.lock !== null) return { sourcesOf: () => [], opens: 'all' };
  return family.librarySources(job, job.recipe, openCache(job, surroundings));
}
