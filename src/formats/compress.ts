import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { MkbaseError, reasonOf } from '../errors.ts';
import { decodeBzip2 } from './bzip2.ts';
import { tooLarge } from './codec-errors.ts';
import { decodeLzma } from './lzma.ts';
import { decodeXz } from './xz.ts';
import { decodeZstd } from './zstd.ts';

export type Codec = 'none' | 'gzip' | 'xz' | 'zstd' | 'bzip2' | 'lzma';

type Decoder = (bytes: Buffer, limit: number) => Buffer | Promise<Buffer>;

const DECODERS: Readonly<Record<Codec, Decoder>> = {
  none: (bytes) => bytes,
  gzip: decodeGzip,
  xz: decodeXz,
  zstd: decodeZstd,
  bzip2: decodeBzip2,
  lzma: decodeLzma,
};

const BY_EXTENSION: Readonly<Record<string, Codec>> = {
  gz: 'gzip',
  xz: 'xz',
  zst: 'zstd',
  bz2: 'bzip2',
  lzma: 'lzma',
};

/** The codec that a file name's extension stands for; `none` for any other. */
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
    const content = await DECODERS[codec](bytes, limit);
    if (content.length > limit) throw tooLarge(limit);
    return content;
  } catch (error) {
    if (error instanceof MkbaseError) throw error;
    throw new MkbaseError('package/bad-compression', `cannot unpack ${codec} data: ${reasonOf(error)}`, {
      hint: 'fetch the file again; it is damaged or cut short',
      cause: error,
    });
  }
}

const gunzipAsync = promisify(gunzip);

async function decodeGzip(bytes: Buffer, limit: number): Promise<Buffer> {
  try {
    return await gunzipAsync(bytes, { chunkSize: 2 ** 20, maxOutputLength: Math.max(limit, 1) });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(limit) : error;
  }
}
