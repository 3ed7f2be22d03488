import { openCache } from '../cache.ts';
import type { PlanIo } from '../families/family.ts';
import type { Job, Surroundings } from '../job.ts';
import { registrySession, type Session } from '../registry/session.ts';
import { rememberingHttp } from './remembering-http.ts';
import { readStateKey, type StateKey } from './state-key.ts';

/** The same for all images of a run. It can be sent to another process. */
export interface RefreshOptions {
  /** Say what would change, and stop there. */
  readonly checkOnly: boolean;
  /** A command that must succeed in the base before it is pushed. */
  readonly test: string | null;
  /** An Ed25519 key that signs what is said of the image. */
  readonly key: { readonly pem: string; readonly file: string } | null;
}

/** The state that the images of a run share: connections, accounts, and indexes that were asked for before. */
export interface RefreshContext {
  readonly options: RefreshOptions;
  readonly surroundings: Surroundings;
  readonly session: Session;
  readonly key: StateKey | null;
  readonly io: (job: Job) => PlanIo;
}

/** @throws MkbaseError `config/bad-key` */
export function openTools(options: RefreshOptions, surroundings: Surroundings): RefreshContext {
  const { env, signal, emit, registry = {} } = surroundings;
  const { key } = options;
  const known = new Map<string, PlanIo>();
  return {
    options,
    surroundings,
    session: registrySession({
      ...{ env, signal },
      log: (line) => emit({ type: 'log', line }),
      warn: (message) => emit({ type: 'warning', message }),
      ...registry,
    }),
    key: key === null ? null : readStateKey(key.pem, key.file),
    io(job) {
      const name = `${job.offline} ${job.cacheDir}`;
      const found = known.get(name);
      if (found !== undefined) return found;
      const cache = openCache(job, surroundings);
      const io = { ...cache, http: rememberingHttp(cache.http) };
      known.set(name, io);
      return io;
    },
  };
}
