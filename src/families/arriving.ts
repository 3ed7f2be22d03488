import type { LockedPackage } from '../lock/lock.ts';
import type { OpenPackage } from '../rootfs/unpack.ts';

/** A package whose file is there, on its way into the rootfs. */
export interface Arriving {
  readonly item: LockedPackage;
  /** Has it decoded, once: whoever asks again gets the same. */
  readonly open: () => Promise<OpenPackage>;
}

/** Bytes of package files that may wait decoded in memory, four times as large: enough for all workers. */
export const AHEAD = 8 * 2 ** 20;

/** Has the first of these decoded while something else is done; a failure is reported when they are taken. */
export function openAhead(packages: readonly Arriving[]): void {
  let bytes = 0;
  for (const { item, open } of packages) {
    open().catch(() => {});
    bytes += item.size;
    if (bytes > AHEAD) return;
  }
}
