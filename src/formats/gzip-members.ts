import { crc32, inflateRawSync } from 'node:zlib';
import { MkbaseError, reasonOf } from '../errors.ts';
import { tooLarge } from './codec-errors.ts';

/** One member of a .gz file (RFC 1952). */
export interface GzipMember {
  /** The member's bytes in the file, which signatures and digests cover. */
  readonly packed: Buffer;
  readonly content: Buffer;
}

/**
 * The member that begins at `offset`, of at most `limit` bytes unpacked.
 *
 * @throws MkbaseError `package/bad-compression`, `package/decompression-bomb`
 */
export function readGzipMember(bytes: Buffer, offset: number, limit: number): GzipMember {
  const start = offset + headerLength(bytes, offset);
  const { content, length } = inflate(bytes.subarray(start), limit);
  const trailer = start + length;
  const end = trailer + TRAILER;
  if (end > bytes.length) throw badGzip('it ends inside a trailer');
  if (bytes.readUInt32LE(trailer) !== crc32(content) || bytes.readUInt32LE(trailer + 4) !== content.length) {
    throw badGzip('a checksum is wrong');
  }
  return { packed: bytes.subarray(offset, end), content };
}

const HEADER = 10;
const TRAILER = 8;
const FLAGS = { headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 };

function headerLength(bytes: Buffer, offset: number): number {
  if (offset + HEADER > bytes.length) throw badGzip('it ends inside a header');
  if (bytes.readUInt16BE(offset) !== 0x1f8b || bytes[offset + 2] !== 8)
    throw badGzip('a header is not gzip’s');
  const flags = bytes[offset + 3]!;
  if ((flags & FLAGS.reserved) !== 0) throw badGzip('a header has an unknown flag');
  let at = offset + HEADER;
  if ((flags & FLAGS.extra) !== 0) {
    if (at + 2 > bytes.length) throw badGzip('it ends inside a header');
    at += 2 + bytes.readUInt16LE(at);
  }
  for (const flag of [FLAGS.name, FLAGS.comment]) {
    if ((flags & flag) === 0) continue;
    const nul = bytes.indexOf(0, at);
    if (nul === -1) throw badGzip('it ends inside a header');
    at = nul + 1;
  }
  if ((flags & FLAGS.headerCrc) !== 0) at += 2;
  if (at > bytes.length) throw badGzip('it ends inside a header');
  return at - offset;
}

function inflate(bytes: Buffer, limit: number): { content: Buffer; length: number } {
  try {
    // With `info` the engine comes too, which knows how many bytes it took: the types leave that out.
    const result = inflateRawSync(bytes, {
      info: true,
      chunkSize: 2 ** 18,
      maxOutputLength: Math.max(limit, 1),
    });
    const { buffer, engine } = result as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    return { content: buffer, length: engine.bytesWritten };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit);
    throw badGzip(reasonOf(error), error);
  }
}

function badGzip(reason: string, cause?: unknown): MkbaseError {
  return new MkbaseError('package/bad-compression', `cannot unpack gzip data: ${reason}`, {
    hint: 'fetch the file again; it is damaged or cut short',
    cause,
  });
}
