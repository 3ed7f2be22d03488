import { availableParallelism } from 'node:os';
import { pipeline as pipe, Readable } from 'node:stream';
import { tooLarge } from './codec-errors.ts';

/** More than the 65 MiB that the largest preset, `-9`, needs; a header can ask for 4 GiB. */
const MEMORY_LIMIT = 512 * 2 ** 20;

/**
 * A piece's output is held in memory before any of it can be counted, and LZMA output can be
 * 7000 times its input: small pieces keep a bomb small.
 */
const PIECE = 4096;

/** .lzma files and those .xz files that need all of liblzma (SHA-256 checks, BCJ filters). */
export async function decodeLzma(bytes: Buffer, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of decodeLzmaStream([bytes])) {
    length += chunk.length;
    if (length > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** The same as it comes. */
export async function* decodeLzmaStream(
  source: Iterable<Buffer> | AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  // Loaded when needed: it is native code, and hardly any package needs it.
  const { default: lzma } = await import('lzma-native');
  const decoder = lzma.createStream('autoDecoder', { memlimit: MEMORY_LIMIT, synchronous: true });
  // An error of the source destroys the decoder with it, and comes out of the loop below.
  pipe(Readable.from(smallPieces(source)), decoder, () => {});
  yield* decoder as AsyncIterable<Buffer>;
}

async function* smallPieces(source: Iterable<Buffer> | AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const bytes of source) {
    for (let offset = 0; offset < bytes.length; offset += PIECE) yield bytes.subarray(offset, offset + PIECE);
  }
}

/** Cut by size alone, so that the number of threads does not change the result. */
const BLOCK_SIZE = 8 * 2 ** 20;
/** Each takes some 110 MiB at level 6. */
const MAX_THREADS = 4;

/** Packs a stream as .xz, in blocks that are packed side by side; level 1 to 9. */
export async function* encodeXz(source: AsyncIterable<Buffer>, level = 6): AsyncGenerator<Buffer> {
  const { default: lzma } = await import('lzma-native');
  const encoder = lzma.createStream('easyEncoder', {
    preset: level,
    check: lzma.CHECK_CRC64,
    threads: Math.min(MAX_THREADS, availableParallelism()),
    blockSize: BLOCK_SIZE,
  });
  // An error of the source destroys the encoder with it, and comes out of the loop below.
  pipe(source, encoder, () => {});
  yield* encoder as AsyncIterable<Buffer>;
}
