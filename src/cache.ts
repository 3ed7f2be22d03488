import { credentialsFrom } from './fetch/credentials.ts';
import { createHttp, type Http } from './fetch/http.ts';
import { openStore, type Store } from './fetch/store.ts';
import type { Job, Surroundings } from './job.ts';

export interface Cache {
  readonly http: Http;
  readonly store: Store;
}

/** The job's cache directory, and the network behind it. */
export function openCache(
  { cacheDir, offline, tls }: Pick<Job, 'cacheDir' | 'offline'> & Partial<Pick<Job, 'tls'>>,
  { env, signal, emit }: Surroundings,
): Cache {
  const credentials = credentialsFrom({ env, aptFolder: '/etc/apt' });
  const log = (line: string) => emit({ type: 'log', line });
  const http = createHttp({ env, signal, offline, credentials, log, ...(tls && { tls }) });
  return { http, store: openStore({ directory: cacheDir, http, offline }) };
}
