import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { MkbaseError } from '../errors.ts';
import { badCompression, tooLarge } from './codec-errors.ts';
import type { Codec } from './compress.ts';
import { decodeWith, type StreamDecoder } from './stream-decoder.ts';

/** The first bytes of each codec's files; a zstd file may start with a frame to be skipped, as those of pzstd do. */
const MAGICS: readonly (readonly [Codec, RegExp])[] = [
  ['gzip', /^\x1f\x8b/],
  ['xz', /^\xfd7zXZ\0/],
  ['zstd', /^(\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18)/],
  ['bzip2', /^BZh[1-9](1AY&SY|\x17rE8P\x90)/],
  // It has no magic number: the usual properties, a dictionary of 64 KiB or more, a size below 2^40 or none.
  ['lzma', /^\x5d\0\0(?!\0\0).{7}(\0{3}|\xff{3})/s],
];

/** Those that cannot be read, by name. */
const FOREIGN: readonly (readonly [string, RegExp])[] = [
  ['lz4', /^(\x04\x22M\x18|\x02\x21L\x18)/],
  ['compress', /^\x1f\x9d/],
  ['lzop', /^\x89LZO\0/],
];

/** Bytes that are enough for {@link codecOfBytes}. */
export const MAGIC_LENGTH = 13;

/**
 * The codec by a file's first bytes; `none` for any others.
 *
 * @throws MkbaseError `package/unknown-compression` for those that are known by name alone
 */
export function codecOfBytes(bytes: Buffer): Codec {
  const head = bytes.toString('latin1', 0, MAGIC_LENGTH);
  const foreign = FOREIGN.find(([, magic]) => magic.test(head))?.[0];
  if (foreign !== undefined) {
    throw new MkbaseError('package/unknown-compression', `the data are packed with ${foreign}`, {
      hint: 'unpack them first: gzip, xz, zstd, bzip2 and lzma can be read',
    });
  }
  return MAGICS.find(([, magic]) => magic.test(head))?.[0] ?? 'none';
}

/** The content of a stream of at most `limit` bytes; its first bytes decide whether and how it is packed. */
export async function* unpackedStream(source: AsyncIterable<Buffer>, limit: number): AsyncGenerator<Buffer> {
  const pieces = source[Symbol.asyncIterator]();
  const head = await headOf(pieces);
  yield* decompressStream(codecOfBytes(head), continued(head, pieces), limit);
}

/** The first bytes of a stream, however small its pieces are. */
async function headOf(pieces: AsyncIterator<Buffer>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < MAGIC_LENGTH) {
    const { value, done } = await pieces.next();
    if (done === true) break;
    head = Buffer.concat([head, value]);
  }
  return head;
}

async function* continued(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  yield* { [Symbol.asyncIterator]: () => rest };
}

/**
 * The content of a packed stream of at most `limit` bytes, in memory of bounded size.
 *
 * @throws MkbaseError `package/decompression-bomb`, `package/bad-compression`; errors of the source
 */
export async function* decompressStream(
  codec: Codec,
  source: AsyncIterable<Buffer>,
  limit: number,
): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const piece of decoded(codec, source)) {
    size += piece.length;
    if (size > limit) throw tooLarge(limit);
    yield piece;
  }
}

/** Decoders are loaded when one is needed. */
async function* decoded(codec: Codec, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const explain = (error: unknown) => badCompression(codec, error);
  const by = (decoder: StreamDecoder) => decodeWith(decoder, source, explain);
  switch (codec) {
    case 'none':
      return yield* source;
    case 'gzip':
      return yield* explainedThrough(source, throughGunzip, explain);
    case 'bzip2':
      return yield* by((await import('./bzip2.ts')).bzip2Decoder());
    case 'zstd': {
      const host = (await import('./libzstd.ts')).hostZstdDecoder();
      if (host !== undefined) return yield* by(host);
      const { decodeZstdFrames } = await import('./zstd.ts');
      return yield* explainedThrough(source, decodeZstdFrames, explain);
    }
    default: {
      const host = (await import('./liblzma.ts')).hostLzmaDecoder();
      if (host !== undefined) return yield* by(host);
      const { decodeLzmaStream } = await import('./lzma.ts');
      return yield* explainedThrough(source, decodeLzmaStream, explain);
    }
  }
}

/** All members. */
function throughGunzip(source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const gunzip = createGunzip({ chunkSize: 2 ** 20 });
  // An error of the source destroys the decoder with it, and comes out of its loop.
  pipeline(Readable.from(source), gunzip, () => {});
  return gunzip as AsyncIterable<Buffer>;
}

/** Errors of the source pass as they are, all others by `explain`. */
async function* explainedThrough(
  source: AsyncIterable<Buffer>,
  decode: (source: AsyncIterable<Buffer>) => AsyncIterable<Buffer>,
  explain: (error: unknown) => Error,
): AsyncGenerator<Buffer> {
  let failure: { readonly error: unknown } | undefined;
  const watched = async function* () {
    try {
      yield* source;
    } catch (error) {
      failure = { error };
      throw error;
    }
  };
  try {
    yield* decode(watched());
  } catch (error) {
    throw failure === undefined ? explain(error) : failure.error;
  }
}
