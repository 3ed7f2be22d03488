import { type Derived, type DerivedPlace, findDerived, openDerived } from './derived/derived.ts';
import type { PlanIo } from './families/family.ts';
import { credentialsFrom } from './fetch/credentials.ts';
import { createHttp } from './fetch/http.ts';
import { openStore } from './fetch/store.ts';
import type { Job, Surroundings } from './job.ts';

/** Settings of this machine's apt that hold for mkbase too: accounts at mirrors, mirrors, sources. */
const APT_FOLDER = '/etc/apt';

/** The job's cache directory, and the network behind it. */
export function openCache(
  { cacheDir, offline, tls }: Pick<Job, 'cacheDir' | 'offline'> & Partial<Pick<Job, 'tls'>>,
  { env, signal, emit }: Surroundings,
): PlanIo {
  const credentials = credentialsFrom({ env, aptFolder: APT_FOLDER });
  const log = (line: string) => emit({ type: 'log', line });
  const http = createHttp({ env, signal, offline, credentials, log, ...(tls && { tls }) });
  return { http, store: openStore({ directory: cacheDir, http, offline }), aptFolder: APT_FOLDER };
}

/** Where what was made for other jobs is kept; null where it cannot be. */
export async function derivedPlace(
  { cacheDir, stateDir }: Pick<Job, 'cacheDir' | 'stateDir'>,
  { env, emit }: Pick<Surroundings, 'env' | 'emit'>,
): Promise<DerivedPlace | null> {
  if (stateDir === undefined) return null;
  return findDerived({ env, stateDir, cacheDir }, (message) => emit({ type: 'notice', message }));
}

/** The entries of such a place. */
export function keptIn(place: DerivedPlace | null, { emit }: Pick<Surroundings, 'emit'>): Derived {
  return openDerived(place, (message) => emit({ type: 'notice', message }));
}

/** The cache directory, and the plans that are kept in it. */
export async function openPlanCache(job: Job, surroundings: Surroundings): Promise<PlanIo> {
  const derived = keptIn(await derivedPlace(job, surroundings), surroundings);
  return { ...openCache(job, surroundings), derived };
}
