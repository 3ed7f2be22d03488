import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Durability, syncFolder } from '../durable.ts';
import { createHasher, type Digest } from '../formats/digest.ts';

/** Milliseconds for which an interrupted download is kept. */
const KEPT = 7 * 24 * 3600 * 1000;

/** Bytes to write at once: pieces come from the network in 64 KB, and each write costs more than its hash. */
const BATCH = 2 ** 20;

export interface PartialOptions {
  readonly folder: string;
  readonly digest: Digest;
  /** Bytes of the whole file. */
  readonly size: number;
  /** Reported of every change of length, also of a fall where bytes are thrown away. */
  readonly onBytes: (change: number) => void;
}

/** A file that is on its way, hashed as it is written. */
export interface Partial {
  readonly length: () => number;
  readonly append: (chunk: Buffer) => Promise<void>;
  /** Throws away what is there. */
  readonly restart: () => Promise<void>;
  /** Hex digest of what is there; after it only `restart` or `commit` can follow. */
  readonly digest: () => string;
  /** Gives the file its final name, and removes what other runs left of it. */
  readonly commit: (path: string) => Promise<void>;
  /** Leaves what is there for a later run to go on from. */
  readonly close: () => Promise<void>;
}

/**
 * Opens a new partial file and copies into it the bytes that an interrupted run has left of the same content.
 * Every run writes to a file of its own: two that shared one could spoil each other's, and no owner
 * can be known to be dead (process ids mean nothing across containers that share a cache).
 */
export async function openPartial({ folder, digest, size, onBytes }: PartialOptions): Promise<Partial> {
  const left = await leftovers(folder, digest, size);
  const path = join(folder, `${digest.hex}.${randomBytes(6).toString('hex')}`);
  const file = await open(path, 'ax');
  let hash = createHasher(digest.algorithm);
  let length = 0;
  let written = 0;
  let waiting: Buffer[] = [];
  const flush = async () => {
    if (waiting.length === 0) return;
    const batch = Buffer.concat(waiting);
    waiting = [];
    written = length;
    await file.appendFile(batch);
  };
  const partial: Partial = {
    length: () => length,
    append: async (chunk) => {
      hash.update(chunk);
      waiting.push(chunk);
      length += chunk.length;
      onBytes(chunk.length);
      if (length - written >= BATCH) await flush();
    },
    restart: async () => {
      waiting = [];
      written = 0;
      await file.truncate(0);
      hash = createHasher(digest.algorithm);
      onBytes(-length);
      length = 0;
    },
    digest: () => hash.digest(),
    commit: async (final) => {
      await flush();
      await renameInto(path, final);
      for (const name of await namesOf(folder, digest)) await rm(join(folder, name), { force: true });
    },
    close: async () => {
      // An error here must not hide the one that led here.
      await flush().catch(() => {});
      await file.close();
      if (length === 0) await rm(path, { force: true });
    },
  };
  try {
    if (left !== null)
      for await (const chunk of createReadStream(left, { end: size - 1 })) await partial.append(chunk);
  } catch {
    await partial.restart();
  }
  return partial;
}

/** Removes downloads that nobody came back for. */
export async function sweepPartials(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const modified = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => now,
    );
    if (now - modified > KEPT) await rm(path, { force: true });
  }
}

/** Writes a whole file in one step; of two runs at once, one wins. With `fsync` it outlives a loss of power. */
export async function writeInto(
  folder: string,
  path: string,
  bytes: Buffer,
  { fsync = false }: Durability = {},
): Promise<void> {
  const partial = join(folder, `whole.${randomBytes(6).toString('hex')}`);
  try {
    await writeFile(partial, bytes, { flag: 'wx', flush: fsync });
    await renameInto(partial, path);
    if (fsync) await syncFolder(dirname(path));
  } finally {
    await rm(partial, { force: true });
  }
}

/** Moves a file, in one step, to where its folder may not yet be. */
async function renameInto(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  try {
    await rename(from, to);
  } catch (error) {
    // Another run may have put the same content in place, and cleaned up all that was left of it.
    if (
      await access(to).then(
        () => false,
        () => true,
      )
    )
      throw error;
  }
}

/** The longest partial file of the content, or null. */
async function leftovers(folder: string, digest: Digest, size: number): Promise<string | null> {
  let best: { path: string; length: number } | null = null;
  for (const name of await namesOf(folder, digest)) {
    const path = join(folder, name);
    const length = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    if (length > (best?.length ?? 0) && length <= size) best = { path, length };
  }
  return best?.path ?? null;
}

async function namesOf(folder: string, digest: Digest): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name.startsWith(`${digest.hex}.`));
}
