/** Packages on their way into the rootfs: their files awaited, read, and decoded ahead of their turn. */
import pLimit from 'p-limit';
import type { LockedPackage } from '../lock/lock.ts';
import type { PackageFile } from '../rootfs/package-file.ts';
import type { OpenPackage } from '../rootfs/unpack.ts';
import { readWhole } from '../whole-file.ts';
import type { InstallTools } from './family.ts';
import { withPackageName } from './package-error.ts';

/** A package whose file is there. */
export interface FetchedPackage {
  readonly item: LockedPackage;
  /** Has it decoded, once: whoever asks again gets the same. */
  readonly open: () => Promise<OpenPackage>;
}

/** A package without its files. */
export type Description = Omit<PackageFile, 'entries'>;

export interface FetchOptions extends Pick<InstallTools, 'fileOf' | 'unpacker'> {
  /** The family's own. */
  readonly describe: (bytes: Buffer) => Promise<Description>;
  /** Bytes from a file's beginning that are enough for this; left out, all of them. */
  readonly front?: number;
  /** Bytes of package files to have decoded as they come, while nothing else is in memory yet. */
  readonly early: number;
}

/** Bytes of package files that may wait decoded in memory, four times as large: enough for all workers. */
export const AHEAD = 8 * 2 ** 20;

/** The same while nothing else is in memory: before anything is placed, and while scripts run. */
export const FAR_AHEAD = 4 * AHEAD;

/** All files may be there at once, and each is read whole: those that wait must not wait in memory. */
const READ_AT_ONCE = 8;

/** Gives the function that waits for a package's file; `isEarly` has it decoded before its turn. */
export function createOpener({ fileOf, unpacker, describe, front, early }: FetchOptions) {
  const turn = pLimit(READ_AT_ONCE);
  let left = early;
  return async (item: LockedPackage, isEarly: boolean): Promise<FetchedPackage & Description> => {
    const file = await fileOf(item);
    let contents: Promise<OpenPackage> | undefined;
    const open = () => {
      contents ??= withPackageName(item, () => unpacker.open(file, item.digest));
      return contents;
    };
    if (isEarly && left > 0) {
      left -= item.size;
      open().catch(() => {}); // Reported when its turn comes.
    }
    const description = await turn(() =>
      withPackageName(item, async () => describe(await readWhole(file, front))),
    );
    return { item, open, ...description };
  };
}

/** Has the first of these decoded while something else is done; a failure is reported when they are taken. */
export function openAhead(packages: readonly FetchedPackage[], bytes = AHEAD): void {
  let left = bytes;
  for (const { item, open } of packages) {
    open().catch(() => {});
    left -= item.size;
    if (left < 0) return;
  }
}
