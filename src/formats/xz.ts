import { reasonOf } from '../errors.ts';
import { tooLarge } from './codec-errors.ts';
import { decodeWithHost } from './liblzma.ts';
import { decodeLzma } from './lzma.ts';

/** One of the streams of an .xz file, which may have several with padding between them. */
export interface XzStream {
  readonly start: number;
  readonly end: number;
  /** Size of the content, as the stream's index says. */
  readonly size: number;
}

/**
 * All streams of an .xz file (The .xz File Format 1.2.1). The index at the end of a stream gives the size of
 * its content, so a bomb is refused before anything is unpacked, and the content is written
 * once, to its place. The decoder checks its output against the index.
 */
export async function decodeXz(bytes: Buffer, limit: number): Promise<Buffer> {
  const streams = findStreams(bytes);
  const size = streams.reduce((sum, stream) => sum + stream.size, 0);
  if (size > limit) throw tooLarge(limit);
  const content = Buffer.allocUnsafeSlow(size);
  let offset = 0;
  for (const stream of streams) {
    const part = content.subarray(offset, offset + stream.size);
    await decodeStream(bytes.subarray(stream.start, stream.end), part);
    offset += stream.size;
  }
  return content;
}

/** The features xz-embedded was built without: large dictionaries; filters and checks. (`enum xz_ret` in its xz.h.) */
const UNSUPPORTED: ReadonlySet<string> = new Set(['4', '6']);

async function decodeStream(bytes: Buffer, into: Buffer): Promise<void> {
  if (decodeWithHost(bytes, into)) return;
  try {
    await decodeWasm(bytes, into);
  } catch (error) {
    const code = /error code (\d+)$/.exec(reasonOf(error))?.[1];
    if (code === undefined) throw error;
    if (!UNSUPPORTED.has(code)) throw new Error('the data are damaged', { cause: error });
    const content = await decodeLzma(bytes, into.length);
    if (content.length !== into.length) throw new Error('the index does not fit the data');
    content.copy(into);
  }
}

async function decodeWasm(bytes: Buffer, into: Buffer): Promise<void> {
  const { default: xzDecompress } = await import('xz-decompress'); // Compiling it takes a while.
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  const reader = new xzDecompress.XzReadableStream(source).getReader();
  let offset = 0;
  try {
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      if (value === undefined) continue;
      if (offset + value.length > into.length) throw new Error('the index does not fit the data');
      into.set(value, offset);
      offset += value.length;
    }
  } finally {
    // Streams queue for the one decoder: one that is left open would block all later ones.
    await reader.cancel().catch(() => {});
  }
  if (offset !== into.length) throw new Error('the index does not fit the data');
}

const HEADER_MAGIC = '\xfd7zXZ\0';
const HEADER_SIZE = 12;

/** Walks from the last footer back to the first header. */
export function findStreams(bytes: Buffer): XzStream[] {
  if (bytes.toString('latin1', 0, 6) !== HEADER_MAGIC) throw new Error('this is not the xz format');
  const streams: XzStream[] = [];
  let end = bytes.length;
  while (end > 0) {
    while (end >= 4 && bytes.readUInt32LE(end - 4) === 0) end -= 4;
    if (end < 2 * HEADER_SIZE || bytes.toString('latin1', end - 2, end) !== 'YZ') {
      throw new Error('unexpected end of data');
    }
    const indexEnd = end - HEADER_SIZE;
    const indexStart = indexEnd - (bytes.readUInt32LE(end - 8) + 1) * 4;
    if (indexStart < HEADER_SIZE) throw new Error('the index is damaged');
    const { packed, unpacked } = sumIndex(bytes.subarray(indexStart, indexEnd));
    const start = indexStart - packed - HEADER_SIZE;
    if (start < 0 || bytes.toString('latin1', start, start + 6) !== HEADER_MAGIC)
      throw new Error('the index is damaged');
    streams.push({ start, end, size: unpacked });
    end = start;
  }
  return streams.reverse();
}

/** Section 4 of the format: a zero byte, the count of records, the records (packed and unpacked size). */
function sumIndex(index: Buffer): { packed: number; unpacked: number } {
  let offset = 1;
  const integer = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = index[offset++];
      if (byte === undefined || scale > 2 ** 49) throw new Error('the index is damaged');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  let packed = 0;
  let unpacked = 0;
  for (let count = integer(); count > 0; count--) {
    packed += Math.ceil(integer() / 4) * 4;
    unpacked += integer();
  }
  return { packed, unpacked };
}
