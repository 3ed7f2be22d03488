import { createHash } from 'node:crypto';
import { MkbaseError } from '../../../errors.ts';
import type { Http } from '../../../fetch/http.ts';
import type { Store } from '../../../fetch/store.ts';
import type { Job } from '../../../job.ts';
import type { LoadedRecipe } from '../../../recipe/recipes.ts';
import { urlOf } from '../../mirror-address.ts';
import { type ReachedMirror, tryMirrors } from '../../try-mirrors.ts';
import type { ApkRecipe } from '../recipe.ts';
import { type ApkIndex, openIndex } from './index-archive.ts';
import { checkIndex, checkRollback } from './index-checks.ts';
import type { Repository } from './repositories.ts';
import type { ApkKey } from './signature.ts';

export interface IndexIo {
  readonly http: Http;
  readonly store: Store;
  readonly offline: boolean;
}

/** The request that an index is checked against. */
export interface IndexRequest {
  readonly job: Job;
  readonly recipe: LoadedRecipe<ApkRecipe>;
  readonly arch: string;
  /** Null where signatures are not checked. */
  readonly keys: readonly ApkKey[] | null;
}

/** An index that passed every check that is on. */
export interface TrustedIndex extends ApkIndex, ReachedMirror {
  readonly repository: Repository;
}

/** Alpine's largest, community of edge, has 3 MB. */
const INDEX_LIMIT = 64 * 2 ** 20;

/** The index of a repository from the first mirror whose one is good. */
export async function findIndex(
  repository: Repository,
  request: IndexRequest,
  io: IndexIo,
): Promise<TrustedIndex> {
  const { job, arch } = request;
  const { folder, mirrors } = repository;
  const path = `${folder}${arch}/APKINDEX.tar.gz`;
  const key = memoryKey(repository, request);
  const seen = await recall(io.store, key);
  if (io.offline) {
    if (seen === null) throw notInCache(path);
    return { ...trusted(seen.bytes, repository, request), repository, mirrors, passedOver: [] };
  }
  const look = async (mirror: string) => {
    const { body } = await io.http.fetch([urlOf(mirror, path)], { what: path, limit: INDEX_LIMIT });
    const index = trusted(body, repository, request);
    if (!job.checksOff.includes('rollback')) {
      checkRollback(index.newest, seen?.newest ?? null, indexName(repository, request));
    }
    await remember(io.store, key, index.newest, body);
    return { ...index, repository };
  };
  return tryMirrors(mirrors, look, {
    subject: path,
    missing: (cause) => missing(cause, path, job.mirror !== null),
  });
}

function trusted(bytes: Buffer, repository: Repository, request: IndexRequest): ApkIndex {
  const { job, arch, recipe } = request;
  const what = indexName(repository, request);
  const index = openIndex(bytes, { what, keys: keysFor(repository, request) });
  if (index.algorithm === 'RSA' && !recipe.signsWithSha1) throw weak(what);
  const { now, maxAge, checksOff } = job;
  // The user's own may be of any branch: tagged repositories often are of another one.
  const branch = repository.own === null ? recipe.branch : '';
  checkIndex(index, { arch, branch, what, now, maxAge, checksOff });
  return index;
}

function keysFor({ own }: Repository, { keys }: IndexRequest): readonly ApkKey[] | null {
  return own?.checksOff.includes('signature') ? null : keys;
}

function indexName({ name, own }: Repository, { recipe }: IndexRequest): string {
  return `the index of \`${name}\` of \`${own?.uri ?? recipe.name}\``;
}

/** Each set of keys has its own memory, so that a test mirror does not affect the real one. */
function memoryKey(repository: Repository, request: IndexRequest): string {
  const { recipe, arch } = request;
  const digests = keysFor(repository, request)?.map(({ key }) => {
    const der = key.export({ type: 'spki', format: 'der' });
    return createHash('sha256').update(der).digest('hex');
  });
  const place = repository.own?.uri ?? `${recipe.name}/${repository.name}`;
  return `apkindex/${place}/${arch}/${digests?.sort().join() ?? 'unsigned'}`;
}

const TIME_BYTES = 8;

async function remember(store: Store, key: string, newest: number, bytes: Buffer): Promise<void> {
  const time = Buffer.alloc(TIME_BYTES);
  time.writeDoubleBE(newest);
  await store.write(key, Buffer.concat([time, bytes]), { fsync: true });
}

async function recall(
  store: Store,
  key: string,
): Promise<{ readonly newest: number; readonly bytes: Buffer } | null> {
  const value = await store.read(key);
  if (value === null || value.length < TIME_BYTES) return null;
  return { newest: value.readDoubleBE(0), bytes: value.subarray(TIME_BYTES) };
}

function weak(what: string): MkbaseError {
  return new MkbaseError('signature/weak', `${what} is signed with SHA-1, whose collisions can be made`, {
    hint: 'have it signed with SHA-256, `abuild-sign -t RSA256`, or give up authenticity with `--no-check-sig`',
  });
}

function notInCache(path: string): MkbaseError {
  return new MkbaseError('network/offline', `the cache holds no \`${path}\``, {
    hint: 'run once without --offline, with the same branch, components and keys',
  });
}

function missing(cause: MkbaseError, path: string, isGiven: boolean): MkbaseError {
  return new MkbaseError('network/missing-index', `the mirror has no \`${path}\``, {
    hint: isGiven
      ? 'check the address of the mirror, and name the components that it has with `--components`'
      : 'name the components that the branch has with `--components`, or another mirror',
    details: [cause.message],
    cause,
  });
}
