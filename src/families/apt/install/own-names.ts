/** The names that a package itself gives its entries, before anything is diverted or found behind links. */
import type { PackageHead } from '../../../rootfs/package-file.ts';
import { normalizeEntryPath } from '../../../rootfs/tree-path.ts';

/** The number of the first file of each name, which a hard link of that name means. */
export function firstNamesOf(entries: readonly PackageHead[]): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  for (const [number, { type, path }] of entries.entries()) {
    const name = ownPath(path);
    if (type === 'file' && !names.has(name)) names.set(name, number);
  }
  return names;
}

/** dpkg takes slashes off the beginning of names, and of hard links' targets. */
export function ownPath(path: string): string {
  return normalizeEntryPath(path.replace(/^\/+/, ''));
}
