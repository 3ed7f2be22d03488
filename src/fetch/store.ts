import { createReadStream } from 'node:fs';
import { mkdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import pLimit from 'p-limit';
import type { Durability } from '../durable.ts';
import { MkbaseError } from '../errors.ts';
import { createHasher, type Digest } from '../formats/digest.ts';
import type { Answer } from './answer.ts';
import { cacheError } from './cache-error.ts';
import type { Http } from './http.ts';
import { contentPath, partialFolder } from './layout.ts';
import { type Expected, wrongHash, wrongSize } from './mismatch.ts';
import { readNamed, writeNamed } from './named.ts';
import { openPartial, type Partial, sweepPartials, writeInto } from './partial.ts';

export interface StoreOptions {
  /** The cache directory; it is made when the first file is written. */
  readonly directory: string;
  readonly http: Http;
  /** Use only what is there. */
  readonly offline: boolean;
}

/** A file by what it contains, and where it can be had. */
export interface StoreItem extends Expected {
  /** Addresses to try in order. */
  readonly urls: readonly string[];
  readonly digest: Digest;
}

/** The identity of a file. */
export type Content = Pick<StoreItem, 'size' | 'digest'>;

export interface Stored {
  readonly path: string;
  /** It was there already. */
  readonly cached: boolean;
}

export interface FetchAllOptions<T> {
  /** Default 8. */
  readonly concurrency?: number;
  /** Reported of every file as soon as it is there. */
  readonly onItem?: (item: T, stored: Stored) => void;
  readonly onBytes?: OnBytes;
}

/** Reported of bytes as they come; a negative number takes back bytes that were thrown away. */
export type OnBytes = (change: number) => void;

/**
 * A cache of files by their digest, shared by all runs, also by two at the same time. Files that `fetch` returns
 * were hashed in this run: while they were downloaded, or in the cache.
 */
export interface Store {
  /**
   * @throws package/wrong-size, package/wrong-hash (after every mirror was tried), network/…,
   * host/cache-not-writable, host/cache-full
   */
  fetch(item: StoreItem, onBytes?: OnBytes): Promise<Stored>;
  /**
   * Many files at once, in the order given. The first failure ends the others; offline, all that is
   * missing is named in one error.
   */
  fetchAll<T extends StoreItem>(items: readonly T[], options?: FetchAllOptions<T>): Promise<Stored[]>;
  /** The content of a file that is there and is what it should be, or null. */
  find(item: Content): Promise<Buffer | null>;
  /** Adds a file that was made here; of another content than it should be it is not added. */
  add(item: Content, bytes: Buffer): Promise<void>;
  /** A small value by any key, or null. */
  read(key: string): Promise<Buffer | null>;
  /** With `fsync` where the value cannot be had again: a loss of power would leave none. */
  write(key: string, value: Buffer, options?: Durability): Promise<void>;
}

/** The store in a cache directory, which is made when something is first written. */
export function openStore(options: StoreOptions): Store {
  const { directory } = options;
  let ready: Promise<string> | undefined;
  const context: Context = {
    ...options,
    partials: () => {
      ready ??= preparePartials(directory);
      return ready;
    },
  };
  const guarded = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw cacheError(error, directory);
    });
  return {
    fetch: (item, onBytes = () => {}) => guarded(fetchOne(context, item, { onBytes })),
    fetchAll: (items, fetchOptions = {}) => guarded(fetchMany(context, items, fetchOptions)),
    find: (item) => guarded(findOne(directory, item)),
    add: (item, bytes) => guarded(addOne(context, item, bytes)),
    read: (key) => guarded(readNamed(directory, key)),
    write: (key, value, options) => guarded(writeNamed(directory, { key, ...options }, value)),
  };
}

interface Context extends StoreOptions {
  /** The folder of partial files, made and swept on first use. */
  readonly partials: () => Promise<string>;
}

interface FetchOneOptions {
  readonly onBytes: OnBytes;
  readonly signal?: AbortSignal;
}

async function fetchOne(context: Context, item: StoreItem, options: FetchOneOptions): Promise<Stored> {
  const path = contentPath(context.directory, item.digest);
  if (await holds(path, item)) return { path, cached: true };
  if (context.offline) throw missingOffline(context.directory, [item]);
  const { digest, size } = item;
  const partial = await openPartial({
    folder: await context.partials(),
    digest,
    size,
    onBytes: options.onBytes,
  });
  try {
    if (partial.length() < size || partial.digest() !== digest.hex)
      await download(context, item, partial, options);
    await partial.commit(path);
  } finally {
    await partial.close();
  }
  return { path, cached: false };
}

async function download(
  context: Context,
  item: StoreItem,
  partial: Partial,
  { signal }: FetchOneOptions,
): Promise<void> {
  if (partial.length() === item.size) await partial.restart();
  await context.http.download(item.urls, {
    what: item.what,
    ...(signal !== undefined && { signal }),
    start: partial.length,
    receive: (answer) => receive(answer, item, partial),
  });
}

/** Takes the bytes of one answer; bytes that turn out to be wrong are discarded, and never resumed from. */
async function receive(answer: Answer, item: StoreItem, partial: Partial): Promise<void> {
  if (answer.start !== partial.length()) await partial.restart();
  const refuse = async (error: MkbaseError): Promise<never> => {
    await partial.restart();
    throw error;
  };
  if (answer.length !== null && answer.start + answer.length !== item.size) {
    return refuse(wrongSize(item, answer.start + answer.length, answer));
  }
  for await (const chunk of answer.body) {
    if (partial.length() + chunk.length > item.size) return refuse(wrongSize(item, null, answer));
    await partial.append(chunk);
  }
  if (partial.length() !== item.size) return refuse(wrongSize(item, partial.length(), answer));
  const received = partial.digest();
  if (received !== item.digest.hex) return refuse(wrongHash(item, received, answer));
}

async function fetchMany<T extends StoreItem>(
  context: Context,
  items: readonly T[],
  { concurrency = 8, onItem, onBytes = () => {} }: FetchAllOptions<T>,
): Promise<Stored[]> {
  const limit = pLimit(concurrency);
  const group = new AbortController();
  const missing: T[] = [];
  let failure: { readonly error: unknown } | undefined;
  const fetchItem = async (item: T): Promise<Stored | undefined> => {
    if (group.signal.aborted) return undefined;
    try {
      const stored = await fetchOne(context, item, { onBytes, signal: group.signal });
      onItem?.(item, stored);
      return stored;
    } catch (error) {
      if (error instanceof MkbaseError && error.code === 'network/offline') missing.push(item);
      else {
        failure ??= { error };
        group.abort();
      }
      return undefined;
    }
  };
  // All are waited for, so that nothing is still being written when this returns.
  const results = await Promise.all(items.map((item) => limit(fetchItem, item)));
  if (failure !== undefined) throw failure.error;
  if (missing.length > 0) throw missingOffline(context.directory, missing);
  return results.filter((stored) => stored !== undefined);
}

async function findOne(directory: string, { size, digest }: Content): Promise<Buffer | null> {
  const path = contentPath(directory, digest);
  const found = await stat(path).catch(() => null);
  if (found?.size !== size) return null;
  const bytes = await readFile(path);
  if (hashOf(bytes, digest) !== digest.hex) return null;
  await markUsed(path);
  return bytes;
}

async function addOne({ directory, partials }: Context, { size, digest }: Content, bytes: Buffer) {
  if (bytes.length !== size || hashOf(bytes, digest) !== digest.hex) return;
  await writeInto(await partials(), contentPath(directory, digest), bytes);
}

function hashOf(bytes: Buffer, { algorithm }: Digest): string {
  const hash = createHasher(algorithm);
  hash.update(bytes);
  return hash.digest();
}

/** Whether the file is there and is what it should be; a damaged one is removed. */
async function holds(path: string, { size, digest }: Content): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (found === null) return false;
  if (found.size === size && (await hashFile(path, digest)) === digest.hex) {
    await markUsed(path);
    return true;
  }
  await rm(path, { force: true });
  return false;
}

/** The files unused for the longest time are removed first (cache-contents.ts); a cache may be read-only. */
async function markUsed(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => {});
}

async function hashFile(path: string, { algorithm }: Digest): Promise<string> {
  const hash = createHasher(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest();
}

async function preparePartials(directory: string): Promise<string> {
  const folder = partialFolder(directory);
  await mkdir(folder, { recursive: true });
  await sweepPartials(folder, Date.now());
  return folder;
}

function missingOffline(directory: string, items: readonly StoreItem[]): MkbaseError {
  const [first] = items;
  const subject =
    items.length === 1 ? `cannot fetch \`${first?.what}\`` : `cannot fetch ${items.length} files`;
  const verb = items.length === 1 ? 'it is' : 'they are';
  return new MkbaseError(
    'network/offline',
    `${subject} with --offline: ${verb} not in the cache \`${directory}\``,
    {
      hint: 'run once without --offline',
      details: items.map(({ what }) => what).sort(),
    },
  );
}
