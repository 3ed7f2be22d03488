import { constants } from 'node:buffer';
import { badCompression, tooLarge } from './codec-errors.ts';
import { decodeGzip, encodeGzip } from './gzip.ts';

export type Codec = 'none' | 'gzip' | 'xz' | 'zstd' | 'bzip2' | 'lzma';

type Decoder = (bytes: Buffer, limit: number) => Buffer | Promise<Buffer>;

/** Loaded when one is needed: a worker that opens packages of one codec is started in half of the time. */
const DECODERS: Readonly<Record<Codec, () => Promise<Decoder>>> = {
  none: async () => (bytes) => bytes,
  gzip: async () => decodeGzip,
  xz: async () => (await import('./xz.ts')).decodeXz,
  zstd: async () => (await import('./zstd.ts')).decodeZstd,
  bzip2: async () => (await import('./bzip2.ts')).decodeBzip2,
  lzma: async () => (await import('./lzma.ts')).decodeLzma,
};

const BY_EXTENSION: Readonly<Record<string, Codec>> = {
  gz: 'gzip',
  xz: 'xz',
  zst: 'zstd',
  bz2: 'bzip2',
  lzma: 'lzma',
};

/** The codec of a file name's extension; `none` for any other. */
export function codecOf(fileName: string): Codec {
  const extension = /\.([^./]+)$/.exec(fileName)?.[1] ?? '';
  return Object.hasOwn(BY_EXTENSION, extension) ? BY_EXTENSION[extension]! : 'none';
}

/**
 * The whole content of compressed bytes, all members or streams of them, of at most `limit` bytes.
 * With `none` it is `bytes` itself.
 *
 * @throws MkbaseError `package/decompression-bomb` past the limit; `package/bad-compression` for
 *   bytes that are cut short, damaged or of another format
 */
export async function decompress(codec: Codec, bytes: Buffer, limit: number): Promise<Buffer> {
  try {
    const decode = await DECODERS[codec]();
    const content = await decode(bytes, Math.min(limit, constants.MAX_LENGTH));
    if (content.length > limit) throw tooLarge(limit);
    return content;
  } catch (error) {
    throw badCompression(codec, error);
  }
}

export interface CompressOptions {
  /** On the codec's own scale; left out, the default of its program (gzip 6, xz 6, zstd 3). */
  readonly level?: number;
}

type Encoder = (source: AsyncIterable<Buffer>, level?: number) => AsyncIterable<Buffer>;

const ENCODERS: Readonly<Record<WritableCodec, () => Promise<Encoder>>> = {
  none: async () => (source) => source,
  gzip: async () => encodeGzip,
  xz: async () => (await import('./lzma.ts')).encodeXz,
  zstd: async () => (await import('./zstd.ts')).encodeZstd,
};

/** The codecs that can be written. */
export type WritableCodec = Exclude<Codec, 'bzip2' | 'lzma'>;

/**
 * Packs a stream in bounded memory. With the same Node, the same bytes whatever the pieces of the
 * source and the number of processors; another Node may bring another zlib or zstd.
 */
export async function* compress(
  codec: WritableCodec,
  source: AsyncIterable<Buffer>,
  { level }: CompressOptions = {},
): AsyncGenerator<Buffer> {
  const encode = await ENCODERS[codec]();
  yield* encode(source, level);
}
