import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { MkbaseError, reasonOf } from '../errors.ts';
import { tooLarge } from './codec-errors.ts';
import { type Codec, decompress } from './compress.ts';

const MAGICS: readonly (readonly [Codec, string])[] = [
  ['gzip', '\x1f\x8b'],
  ['xz', '\xfd7zXZ\0'],
  ['zstd', '\x28\xb5\x2f\xfd'],
  ['bzip2', 'BZh'],
];

/** Bytes that are enough for {@link codecOfBytes}. */
export const MAGIC_LENGTH = 6;

/** The codec by a file's first bytes; `none` for any others. */
export function codecOfBytes(bytes: Buffer): Codec {
  const head = bytes.toString('latin1', 0, MAGIC_LENGTH);
  return MAGICS.find(([, magic]) => head.startsWith(magic))?.[0] ?? 'none';
}

/** What the whole-file decoders may hold in memory, packed: only gzip, the codec of layers, is unpacked as it comes. */
const MAX_WHOLE = 2 ** 30;

/**
 * The content of a packed stream of at most `limit` bytes.
 *
 * @throws MkbaseError `package/decompression-bomb`, `package/bad-compression`; errors of the source
 */
export async function* decompressStream(
  codec: Codec,
  source: AsyncIterable<Buffer>,
  limit: number,
): AsyncGenerator<Buffer> {
  switch (codec) {
    case 'none':
      yield* limited(source, limit);
      return;
    case 'gzip':
      yield* limited(gunzipped(source), limit);
      return;
    default: {
      const pieces: Buffer[] = [];
      for await (const piece of limited(source, MAX_WHOLE)) pieces.push(piece);
      yield decompress(codec, Buffer.concat(pieces), limit);
    }
  }
}

/** All members. */
async function* gunzipped(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: 2 ** 20 });
  // An error of the source destroys the decoder with it, and comes out of the loop below.
  pipeline(Readable.from(source), gunzip, () => {});
  try {
    yield* gunzip as AsyncIterable<Buffer>;
  } catch (error) {
    if (!String((error as NodeJS.ErrnoException).code).startsWith('Z_')) throw error;
    throw new MkbaseError('package/bad-compression', `cannot unpack gzip data: ${reasonOf(error)}`, {
      hint: 'fetch the file again; it is damaged or cut short',
      cause: error,
    });
  }
}

async function* limited(source: AsyncIterable<Buffer>, limit: number): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const piece of source) {
    size += piece.length;
    if (size > limit) throw tooLarge(limit);
    yield piece;
  }
}
