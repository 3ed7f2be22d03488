import { createHttp, type Http } from './fetch/http.ts';
import { openStore, type Store } from './fetch/store.ts';
import type { Job, Surroundings } from './job.ts';

export interface Cache {
  readonly http: Http;
  readonly store: Store;
}

/** The job's cache directory, and the network behind it. */
export function openCache(
  { cacheDir, offline }: Pick<Job, 'cacheDir' | 'offline'>,
  { env, signal, emit }: Surroundings,
): Cache {
  const http = createHttp({ env, signal, offline, log: (line) => emit({ type: 'log', line }) });
  return { http, store: openStore({ directory: cacheDir, http, offline }) };
}
