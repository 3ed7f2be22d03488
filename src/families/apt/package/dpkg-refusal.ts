import type { Codec } from '../../../formats/compress.ts';
import type { TarEntry } from '../../../formats/tar.ts';

/** A member of a package. */
export interface Packed {
  readonly codec: Codec;
  readonly bytes: Buffer;
}

/** The largest window that libzstd accepts by default. */
const LARGEST_WINDOW = 2 ** 27;

/**
 * Why dpkg would refuse data that are taken here, as dpkg 1.21 does; undefined where it takes them. Files without
 * their directories are placement's to notice.
 */
export async function dpkgRefusal(packed: Packed, entries: readonly TarEntry[]): Promise<string | undefined> {
  if (entries.some(({ records }) => records.size > 0)) return 'its data have PAX headers';
  const { streams, window } = await shapeOf(packed);
  if (streams > 1) return `its data are ${streams} streams of ${packed.codec}, of which dpkg reads the first`;
  if (window > LARGEST_WINDOW) return `its data are packed with a window of ${window / 2 ** 20} MiB`;
  return undefined;
}

async function shapeOf({ codec, bytes }: Packed): Promise<{ streams: number; window: number }> {
  if (codec === 'xz') {
    const { findStreams } = await import('../../../formats/xz.ts');
    return { streams: findStreams(bytes).length, window: 0 };
  }
  if (codec !== 'zstd') return { streams: 1, window: 0 };
  const { findFrames } = await import('../../../formats/zstd.ts');
  let [streams, window] = [0, 0];
  for (const frame of findFrames(bytes)) {
    streams++;
    window = Math.max(window, frame.window);
  }
  return { streams, window };
}
