/**
 * The host's own libzstd, where it has one: it decodes a frame of any size in bounded memory. Node 20 has no
 * zstd, and the WebAssembly one takes frames whole.
 */
import koffi from 'koffi';
import { PIECE, type StreamDecoder } from './stream-decoder.ts';

const library = loadLibrary();

/** Undefined where the host has no libzstd. A frame may ask for a window of 128 MiB, as for the program. */
export function hostZstdDecoder(): StreamDecoder | undefined {
  if (library === undefined) return undefined;
  const { createStream, freeStream, decompress, isError, errorName } = library;
  const stream = createStream();
  const [taken, given] = [Buffer.alloc(8), Buffer.alloc(8)];
  let begun = false;
  /** Bytes that the decoder still expects; 0 between two frames. */
  let expected: number | bigint = 0;
  let into = Buffer.allocUnsafe(PIECE);
  let begin = 0;
  return {
    *decode(piece, isLast) {
      // Asked for more after the end of a frame, it would wait for the next one.
      for (let at = 0, isFull = false; (isFull && Number(expected) !== 0) || at < piece.length; ) {
        begun = true;
        taken.writeBigUInt64LE(BigInt(at));
        given.writeBigUInt64LE(BigInt(begin));
        expected = decompress(stream, into, into.length, given, piece, piece.length, taken);
        if (isError(expected) !== 0) throw new Error(errorName(expected));
        at = Number(taken.readBigUInt64LE());
        const end = Number(given.readBigUInt64LE());
        if (end > begin) yield into.subarray(begin, end);
        isFull = end === into.length;
        begin = isFull ? 0 : end;
        if (isFull) into = Buffer.allocUnsafe(PIECE);
      }
      if (isLast && (!begun || Number(expected) !== 0)) throw new Error('unexpected end of data');
    },
    close: () => freeStream(stream),
  };
}

interface Library {
  readonly createStream: () => unknown;
  readonly freeStream: (stream: unknown) => void;
  /** `ZSTD_decompressStream`, with its buffers as arguments. */
  readonly decompress: (
    stream: unknown,
    output: Buffer,
    outputSize: number,
    outputPosition: Buffer,
    input: Buffer,
    inputSize: number,
    inputPosition: Buffer,
  ) => number | bigint;
  readonly isError: (result: number | bigint) => number;
  readonly errorName: (result: number | bigint) => string;
}

function loadLibrary(): Library | undefined {
  try {
    const host = koffi.load('libzstd.so.1');
    return {
      createStream: host.func('ZSTD_createDStream', 'void *', []),
      freeStream: host.func('ZSTD_freeDStream', 'size_t', ['void *']),
      decompress: host.func('ZSTD_decompressStream_simpleArgs', 'size_t', [
        ...['void *', 'void *', 'size_t', 'void *', 'void *', 'size_t', 'void *'],
      ]),
      isError: host.func('ZSTD_isError', 'unsigned int', ['size_t']),
      errorName: host.func('ZSTD_getErrorName', 'const char *', ['size_t']),
    } as unknown as Library;
  } catch {
    return undefined;
  }
}
