import { constants } from 'node:buffer';
import { open } from 'node:fs/promises';
import { MkbaseError } from './errors.ts';
import { PIECE } from './formats/pieces.ts';

/**
 * The bytes of a file, of at most `most` from its beginning, in memory of their own: they can change hands
 * between threads without a copy. Node's readFile ends at 2 GiB.
 *
 * @throws MkbaseError `package/file-too-large` for more than fits into one piece of memory; errors of the system
 */
export async function readWhole(file: string, most = Number.POSITIVE_INFINITY): Promise<Buffer<ArrayBuffer>> {
  const handle = await open(file, 'r');
  try {
    const size = Math.min((await handle.stat()).size, most);
    if (size > constants.MAX_LENGTH) {
      throw new MkbaseError('package/file-too-large', `the file has ${size} bytes`, {
        hint: `mkbase reads packages whole, of up to ${constants.MAX_LENGTH} bytes: leave this one out`,
      });
    }
    const bytes = Buffer.allocUnsafeSlow(size);
    for (let filled = 0; filled < size; ) {
      const { bytesRead } = await handle.read(bytes, filled, Math.min(size - filled, PIECE), filled);
      if (bytesRead === 0) return bytes.subarray(0, filled);
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}
