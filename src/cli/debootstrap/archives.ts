/** The .deb files that debootstrap leaves in TARGET, takes from there, and shares in `--cache-dir`. */
import { constants } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contentPath } from '../../fetch/layout.ts';
import type { Store } from '../../fetch/store.ts';
import { parseDigest } from '../../formats/digest.ts';
import type { LockedPackage } from '../../lock/lock.ts';

export const ARCHIVES = 'var/cache/apt/archives';

/** `libacl1_1%3a2.3_amd64.deb`, as apt names it. */
export function debName({ name, version, arch }: Pick<LockedPackage, 'name' | 'version' | 'arch'>): string {
  return `${name}_${version}_${arch}.deb`.replaceAll(':', '%3a');
}

/** Takes into the store what is there already and is what the index says. */
export async function takeArchives(
  packages: readonly LockedPackage[],
  { folders, store }: { readonly folders: readonly string[]; readonly store: Store },
): Promise<void> {
  for (const item of packages) {
    for (const folder of folders) {
      const file = join(folder, debName(item));
      const found = await lstat(file).catch(() => null);
      if (!found?.isFile() || found.size !== item.size) continue;
      await store.add({ size: item.size, digest: parseDigest(item.digest) }, await readFile(file));
    }
  }
}

/** Copies all from the cache into a directory; what has the name already stays. */
export async function leaveArchives(
  packages: readonly LockedPackage[],
  { folder, cacheDir }: { readonly folder: string; readonly cacheDir: string },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const item of packages) {
    const file = join(folder, debName(item));
    const size = (await lstat(file).catch(() => null))?.size;
    if (size === item.size) continue;
    const { COPYFILE_FICLONE, COPYFILE_EXCL } = constants;
    const mode = COPYFILE_FICLONE | (size === undefined ? COPYFILE_EXCL : 0);
    await copyFile(contentPath(cacheDir, parseDigest(item.digest)), file, mode);
    await chmod(file, 0o644);
  }
}
