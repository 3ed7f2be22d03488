import { promisify } from 'node:util';
import { constants, crc32, deflateRaw, gunzip } from 'node:zlib';
import { ordered } from './blocks.ts';
import { tooLarge } from './codec-errors.ts';

const gunzipAsync = promisify(gunzip);
const deflateRawAsync = promisify(deflateRaw);

/** All members of a .gz file (RFC 1952). */
export async function decodeGzip(bytes: Buffer, limit: number): Promise<Buffer> {
  try {
    return await gunzipAsync(bytes, {
      chunkSize: outputSize(bytes, limit),
      maxOutputLength: Math.max(limit, 1),
    });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(limit) : error;
  }
}

/**
 * How much room to begin with: the trailer's size where that is believable, since pieces would have to
 * be joined in the end. It is a hint only, of the last member and modulo 2^32.
 */
function outputSize(bytes: Buffer, limit: number): number {
  const [least, most] = [2 ** 20, 2 ** 28];
  const stated = bytes.length < 18 ? 0 : bytes.readUInt32LE(bytes.length - 4);
  return Math.max(least, Math.min(stated + 64, limit, most));
}

const BLOCK_SIZE = 2 ** 20;
/** How far back a match of DEFLATE can reach. */
const WINDOW_SIZE = 2 ** 15;

/**
 * Packs a stream as one gzip member, without name or time. Blocks are packed side by side on libuv's
 * threads, each with the end of the one before it as its dictionary, which costs no size; their sync
 * flushes let them be joined (as pigz does).
 */
export async function* encodeGzip(source: AsyncIterable<Buffer>, level = 6): AsyncGenerator<Buffer> {
  // Magic, DEFLATE, no flags, no time, no extra flags, OS 3 (Unix).
  yield Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
  let checksum = 0;
  let length = 0;
  let dictionary: Buffer | undefined;
  yield* ordered(source, BLOCK_SIZE, (block, isLast) => {
    checksum = crc32(block, checksum);
    length += block.length;
    const packed = deflateRawAsync(block, {
      level,
      // In one go mostly: each time that the output is full, the block would wait for a thread again.
      chunkSize: BLOCK_SIZE / 2,
      finishFlush: isLast ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
      ...(dictionary && { dictionary }),
    });
    dictionary = block.subarray(-WINDOW_SIZE);
    return packed;
  });
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum, 0);
  trailer.writeUInt32LE(length % 2 ** 32, 4);
  yield trailer;
}
