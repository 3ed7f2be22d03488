import bunzip from 'seek-bzip';
import { tooLarge } from './codec-errors.ts';

/** All streams of a .bz2 file; block and stream checksums are verified. */
export function decodeBzip2(bytes: Buffer, limit: number): Buffer {
  const input = byteSource(bytes);
  const output = byteSink(limit);
  // seek-bzip takes the end of its input for the end of a stream, even between two blocks. Without
  // `eof` in the source it cannot, and the streams of the file are ours to walk through.
  do bunzip.decode(input, output);
  while (input.position() < bytes.length);
  return output.content();
}

function byteSource(bytes: Buffer) {
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
    position: () => position,
  };
}

function byteSink(limit: number) {
  let buffer = Buffer.allocUnsafe(Math.min(limit, 2 ** 20));
  let length = 0;
  return {
    writeByte(byte: number): void {
      if (length === limit) throw tooLarge(limit);
      if (length === buffer.length) {
        const larger = Buffer.allocUnsafe(Math.min(limit, length * 2));
        buffer.copy(larger);
        buffer = larger;
      }
      buffer[length++] = byte;
    },
    content: () => buffer.subarray(0, length),
  };
}
