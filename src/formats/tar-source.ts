/** Where a tar is read from: from memory, or from a file without holding it in memory. */
import { readSync } from 'node:fs';

export interface TarSource {
  readonly length: number;
  /** The bytes at an offset; fewer than `length` where it ends before. They may be a view. */
  slice(offset: number, length: number): Buffer;
}

/** A stored piece of a file's content; everything outside the pieces is zeros. */
export interface TarPart {
  /** Offset in the archive. */
  readonly from: number;
  /** Offset in the content. */
  readonly to: number;
  readonly length: number;
}

/** Where the content of a file is. */
export interface TarContent {
  /** In order. */
  readonly parts: readonly TarPart[];
  readonly size: number;
}

export function bufferSource(bytes: Buffer): TarSource {
  return {
    length: bytes.length,
    slice: (offset, length) => bytes.subarray(offset, offset + length),
  };
}

/** Headers lie close together where files are small: one call of the system reads many. */
const WINDOW = 64 * 2 ** 10;

/** An open file, of `length` bytes, which does not change. */
export function fileSource(fd: number, length: number): TarSource {
  let window: Buffer = Buffer.alloc(0);
  let begin = 0;
  return {
    length,
    slice(offset, wanted) {
      if (wanted > WINDOW) return readAt(fd, offset, wanted);
      if (offset < begin || offset + wanted > begin + window.length) {
        window = readAt(fd, offset, WINDOW);
        begin = offset;
      }
      return window.subarray(offset - begin, offset - begin + wanted);
    },
  };
}

/** Up to `length` bytes of a file: fewer at its end. */
export function readAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const read = readSync(fd, bytes, filled, length - filled, offset + filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}

const PIECE = 2 ** 20;
const ZEROS = Buffer.alloc(PIECE);

/** The content of a file of an archive in pieces, its holes as zeros. */
export function* contentPieces(source: TarSource, { parts, size }: TarContent): Generator<Buffer> {
  let reached = 0;
  for (const { from, to, length } of parts) {
    yield* zeros(to - reached);
    for (let done = 0; done < length; done += PIECE) {
      yield source.slice(from + done, Math.min(PIECE, length - done));
    }
    reached = to + length;
  }
  yield* zeros(size - reached);
}

function* zeros(length: number): Generator<Buffer> {
  for (let done = 0; done < length; done += PIECE) yield ZEROS.subarray(0, Math.min(PIECE, length - done));
}
