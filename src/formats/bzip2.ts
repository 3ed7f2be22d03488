import Bunzip from 'seek-bzip';
import { tooLarge } from './codec-errors.ts';
import type { StreamDecoder } from './stream-decoder.ts';

/** All streams of a .bz2 file; block and stream checksums are verified. */
export function decodeBzip2(bytes: Buffer, limit: number): Buffer {
  const decoder = bzip2Decoder();
  const pieces: Buffer[] = [];
  let length = 0;
  for (const piece of decoder.decode(bytes, true)) {
    length += piece.length;
    if (length > limit) throw tooLarge(limit);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
}

/**
 * The most that a block takes, packed: 900 000 symbols of 20 bits each and its tables. The decoder cannot give
 * back a part of a block, so it starts on a block once all of it has arrived.
 */
const LARGEST_BLOCK = 2 ** 22;

export function bzip2Decoder(): StreamDecoder {
  const input = byteQueue();
  const output = byteSink();
  const steps = blocks(input, output);
  let hasEnded = false;
  return {
    *decode(piece, isLast) {
      input.push(piece);
      while (!hasEnded && (isLast || input.length() >= LARGEST_BLOCK)) {
        hasEnded = steps.next().done === true;
        yield* output.take();
      }
    },
    close() {},
  };
}

/** Decodes a block at each step. */
function* blocks(input: ByteQueue, output: ByteSink): Generator<void> {
  // seek-bzip's own loop takes the end of its input for the end of a stream, even between two blocks.
  do {
    const stream = new Bunzip(input, output);
    while (stream._init_block()) {
      stream._read_bunzip();
      yield;
    }
    if (stream.reader.read(32) >>> 0 !== stream.streamCRC)
      throw new Error('the checksum of a stream is wrong');
    yield;
  } while (input.length() > 0);
}

type ByteQueue = ReturnType<typeof byteQueue>;

function byteQueue() {
  let bytes: Buffer = Buffer.alloc(0);
  let position = 0;
  const readByte = (): number => {
    const byte = bytes[position++];
    if (byte === undefined) throw new Error('unexpected end of data');
    return byte;
  };
  return {
    readByte,
    read(into: Buffer, offset: number, length: number): number {
      for (let i = 0; i < length; i++) into[offset + i] = readByte();
      return length;
    },
    push(piece: Buffer): void {
      bytes = position === bytes.length ? piece : Buffer.concat([bytes.subarray(position), piece]);
      position = 0;
    },
    length: () => bytes.length - position,
  };
}

const PIECE = 2 ** 20;

type ByteSink = ReturnType<typeof byteSink>;

/** A block holds 900 kB, which expand to 46 MB at most. */
function byteSink() {
  let pieces: Buffer[] = [];
  let buffer = Buffer.allocUnsafe(PIECE);
  let [begin, end] = [0, 0];
  return {
    writeByte(byte: number): void {
      if (end === PIECE) {
        pieces.push(buffer.subarray(begin));
        buffer = Buffer.allocUnsafe(PIECE);
        begin = end = 0;
      }
      buffer[end++] = byte;
    },
    /** The output since the last call. */
    take(): Buffer[] {
      const taken = end > begin ? [...pieces, buffer.subarray(begin, end)] : pieces;
      pieces = [];
      begin = end;
      return taken;
    },
  };
}
