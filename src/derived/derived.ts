/**
 * Files made from checked packages that can be made again: kept in the cache directory, and used by their maker
 * only. An entry with any fault counts as missing.
 */
import { createHash, createHmac } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canonicalJson } from '../canonical-json.ts';
import { reasonOf } from '../errors.ts';
import { findUnfinished, unfinishedName } from '../unfinished.ts';
import { programBuild } from '../version.ts';
import { BrokenSeal, openSealed, type Sealing, writeSealed } from './sealed-file.ts';
import { findSecret, type SecretOptions } from './secret.ts';

/**
 * `prepared`: a package's files, unpacked. `checkpoint`: a root filesystem half made. `result`: a sealed layer.
 * `plan`: what inputs were resolved to.
 */
export type DerivedKind = 'prepared' | 'checkpoint' | 'result' | 'plan';

export interface Derived {
  /**
   * The content of an entry, each piece checked before it is given, or undefined where there is none. Reading ends
   * with a SpoiledEntry where a later piece is not what was kept: what was begun with it is to be begun again, without.
   * All of it must be read, or its `return` be called.
   */
  open(kind: DerivedKind, key: string): Promise<AsyncGenerator<Buffer> | undefined>;
  /** The whole content in memory, checked. */
  read(kind: DerivedKind, key: string): Promise<Buffer | undefined>;
  /** Keeps what the pieces give, if it can. @throws what the pieces throw, and nothing of its own */
  keep(kind: DerivedKind, key: string, pieces: AsyncIterable<Uint8Array>): Promise<void>;
}

/** An entry that was opened has turned out not to be what was kept; it is gone by now. */
export class SpoiledEntry extends Error {}

/** Where this user's entries are and what they are sealed with: plain data, for other processes of the run. */
export interface DerivedPlace {
  readonly folder: string;
  /** Hex; to be told to nobody else, and in no list of arguments. */
  readonly secret: string;
}

/** Reported, once a run, what the user should know: that an entry was not used, or why none can be. */
export type OnNotice = (message: string) => void;

/** The folder of all users' entries, in the cache directory; below it one a secret. */
export function derivedFolder(cacheDir: string): string {
  return join(cacheDir, 'v1/derived');
}

/**
 * Where the entries are that this user has sealed: each secret has a folder of its own, so that users who share
 * a cache directory leave each other's alone. Null where there is no secret.
 */
export async function findDerived(options: SecretOptions, notice: OnNotice): Promise<DerivedPlace | null> {
  try {
    const secret = await findSecret(options);
    const owner = createHmac('sha256', Buffer.from(secret, 'hex')).update('owner').digest('hex').slice(0, 16);
    return { folder: join(derivedFolder(options.cacheDir), owner), secret };
  } catch (error) {
    notice(`what is made is not kept for the next build, because ${reasonOf(error)}`);
    return null;
  }
}

/** The key of what is made from `parts` by this build of mkbase. */
export function derivedKey(parts: object): string {
  return createHash('sha256')
    .update(canonicalJson({ build: programBuild(), parts }))
    .digest('hex');
}

/** The entries of a place; with none, nothing is found and nothing kept. */
export function openDerived(place: DerivedPlace | null, notice: OnNotice): Derived {
  if (place === null) return NOTHING;
  const { folder, secret } = place;
  let isTold = false;
  let isSwept = false;

  return { open, read, keep };

  async function open(kind: DerivedKind, key: string): Promise<AsyncGenerator<Buffer> | undefined> {
    const path = pathOf(folder, kind, key);
    try {
      const sealed = await openSealed(path, sealing(kind, key));
      return checked(sealed.pieces(), path);
    } catch (error) {
      await refuse(error, path);
      return undefined;
    }
  }

  async function read(kind: DerivedKind, key: string): Promise<Buffer | undefined> {
    const path = pathOf(folder, kind, key);
    try {
      return await (await openSealed(path, sealing(kind, key))).whole();
    } catch (error) {
      await refuse(error, path);
      return undefined;
    }
  }

  async function keep(kind: DerivedKind, key: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const path = pathOf(folder, kind, key);
    const source = watched(pieces);
    let partial: string | undefined;
    try {
      await mkdir(dirname(folder), { recursive: true, mode: 0o755 });
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await sweep();
      partial = join(folder, unfinishedName('entry'));
      const file = await openNew(partial);
      try {
        await writeSealed(file, source.pieces, sealing(kind, key));
      } finally {
        await file.close();
      }
      await rename(partial, path);
    } catch {
      // A disk that is full, a cache that is read-only or another's: the next build makes it again.
      if (partial !== undefined) await rm(partial, { force: true }).catch(() => {});
    }
    if (source.failure !== undefined) throw source.failure.error;
  }

  function sealing(kind: DerivedKind, key: string): Sealing {
    return { secret, name: `${kind}/${key}` };
  }

  async function* checked(pieces: AsyncGenerator<Buffer>, path: string): AsyncGenerator<Buffer> {
    try {
      yield* pieces;
    } catch (error) {
      await refuse(error, path);
      throw new SpoiledEntry(`\`${path}\` is spoiled`, { cause: error });
    }
  }

  /** Removes a broken entry, and reports the first: a disk that forgets, or somebody who has written to the cache. */
  async function refuse(error: unknown, path: string): Promise<void> {
    if (!(error instanceof BrokenSeal)) return;
    await rm(path, { force: true }).catch(() => {});
    if (isTold) return;
    isTold = true;
    notice(`the cache entry \`${path}\` is not as it was kept, and is made again: ${error.message}`);
  }

  /** Removes leftovers of runs that died. */
  async function sweep(): Promise<void> {
    if (isSwept) return;
    isSwept = true;
    for (const { path, isAbandoned } of await findUnfinished(folder, 'entry')) {
      if (isAbandoned) await rm(path, { force: true }).catch(() => {});
    }
  }
}

const NOTHING: Derived = {
  open: async () => undefined,
  read: async () => undefined,
  keep: async () => {},
};

/** `KIND/ab/cdef…` */
function pathOf(folder: string, kind: DerivedKind, key: string): string {
  if (!/^[0-9a-f]{64}$/.test(key)) throw new Error(`${key} is no key`);
  return join(folder, kind, key.slice(0, 2), key.slice(2));
}

/** Readable by this user only: additions to a base may be confidential. */
function openNew(path: string) {
  return open(path, 'wx', 0o600);
}

/** The pieces, and what their maker failed with, which is no failure of the cache. */
function watched(pieces: AsyncIterable<Uint8Array>) {
  const state: { pieces: AsyncIterable<Uint8Array>; failure?: { readonly error: unknown } } = {
    pieces: watch(),
  };
  return state;

  async function* watch(): AsyncGenerator<Uint8Array> {
    try {
      yield* pieces;
    } catch (error) {
      state.failure = { error };
      throw error;
    }
  }
}
