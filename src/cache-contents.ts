/** The contents of a cache directory, and their removal when they exceed the bound. */
import { lstat, readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** `fetched`: packages and indexes; `facts`: what cannot be had again, as that a Release was seen. The others are derived. */
export type CacheKind = 'fetched' | 'facts' | 'prepared' | 'checkpoint' | 'result' | 'plan';

export interface CachedFile {
  readonly path: string;
  readonly kind: CacheKind;
  readonly size: number;
  /** When it was of use last, milliseconds since 1970. */
  readonly used: number;
}

const DERIVED: readonly string[] = ['prepared', 'checkpoint', 'result', 'plan'] satisfies CacheKind[];

/** Milliseconds for which a file may be of use to a run that is at work. */
const IN_USE = 3600 * 1000;

/** Share of the bound that is kept, so that not every build has something to remove. */
const LEFT = 0.9;

/** The files of this user's in it, whole ones alone; a directory that is not there has none. */
export async function cachedFiles(cacheDir: string): Promise<CachedFile[]> {
  const top = join(cacheDir, 'v1');
  const files: CachedFile[] = [];
  const user = process.geteuid?.();
  const look = async (folder: string): Promise<void> => {
    const around = await lstat(folder).catch(() => null);
    // A link, or what another user has made, leads to what is not of this cache.
    if (around === null || !around.isDirectory() || around.uid !== user) return;
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await look(path);
      const kind = entry.isFile() ? kindOf(relative(top, path).split('/')) : null;
      const found = kind === null ? null : await lstat(path).catch(() => null);
      if (found === null || found.uid !== user) continue;
      files.push({ path, kind: kind!, size: found.size, used: found.mtimeMs });
    }
  };
  await look(top);
  return files;
}

/** `sha256/ab/cdef…`, `named/…`, `derived/OWNER/KIND/ab/cdef…`; null for what is being written, and any other. */
function kindOf(names: readonly string[]): CacheKind | null {
  const [first, , third = ''] = names;
  const isWhole = /^[0-9a-f]{30,}$/.test(names.at(-1)!);
  if (!isWhole) return null;
  if (first === 'named') return 'facts';
  if (first === 'derived') return names.length === 5 && DERIVED.includes(third) ? (third as CacheKind) : null;
  return names.length === 3 ? 'fetched' : null;
}

export interface Pruned {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Removes what was of use longest ago, until the cache has less than `most` bytes: never what cannot be had again,
 * nor what was of use within an hour. Nothing fails; of two runs at once both remove.
 */
export async function pruneCache(cacheDir: string, most: number, now = Date.now()): Promise<Pruned> {
  const files = await cachedFiles(cacheDir);
  let size = files.reduce((sum, file) => sum + file.size, 0);
  let [removed, bytes] = [0, 0];
  if (size <= most) return { files: 0, bytes: 0 };
  const candidates = files.filter(({ kind, used }) => kind !== 'facts' && Math.abs(now - used) > IN_USE);
  for (const file of candidates.toSorted((a, b) => a.used - b.used)) {
    if (size <= most * LEFT) break;
    const isGone = await rm(file.path).then(
      () => true,
      () => false,
    );
    if (!isGone) continue;
    size -= file.size;
    bytes += file.size;
    removed++;
  }
  return { files: removed, bytes };
}
