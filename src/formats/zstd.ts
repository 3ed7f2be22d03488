import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { ordered } from './blocks.ts';
import { tooLarge } from './codec-errors.ts';

/** The zstd functions of `node:zlib` in Node 22.15 and later; the types are those of Node 20. */
interface NativeZstd {
  zstdDecompressSync(bytes: Uint8Array, options: { maxOutputLength: number }): Buffer;
  zstdCompress(
    bytes: Uint8Array,
    options: { params: Record<number, number> },
    callback: (error: Error | null, packed: Buffer) => void,
  ): void;
  readonly constants: { ZSTD_c_compressionLevel: number; ZSTD_c_checksumFlag: number };
}

const native = 'zstdCompress' in zlib ? (zlib as unknown as NativeZstd) : undefined;

/** A frame of a .zst file, which may have several. */
export interface ZstdFrame {
  readonly start: number;
  readonly end: number;
  /** The largest size that it can unpack to. */
  readonly bound: number;
  /** Bytes that a decoder must keep of what it has unpacked. */
  readonly window: number;
}

/**
 * All frames of a .zst file (RFC 8878). One at a time: of two, `node:zlib` gives the first without a
 * word, and zstd-wasm fails.
 */
export async function decodeZstd(bytes: Buffer, limit: number): Promise<Buffer> {
  const decodeFrame = native === undefined ? await wasmDecoder(limit) : nativeDecoder(native, limit);
  const joined: Buffer[] = [];
  let parts: Buffer[] = [];
  let length = 0;
  for (const frame of findFrames(bytes)) {
    const room = limit - length;
    const part = decodeFrame(bytes.subarray(frame.start, frame.end), Math.min(frame.bound, room + 1));
    length += part.length;
    if (length > limit) throw tooLarge(limit);
    parts.push(part);
    // Frames may be of a few bytes each.
    if (parts.length < MANY) continue;
    joined.push(Buffer.concat(parts));
    parts = [];
  }
  const all = [...joined, ...parts];
  return all.length === 1 ? all[0]! : Buffer.concat(all, length);
}

/** The largest packed input here, where it is held whole. */
const LARGEST = 2 ** 30;

/** The same of a stream, frame by frame, for hosts without libzstd (libzstd.ts). */
export async function* decodeZstdFrames(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of source) {
    length += piece.length;
    if (length > LARGEST) throw new Error(`without libzstd, more than ${LARGEST} bytes cannot be unpacked`);
    pieces.push(piece);
  }
  const decodeFrame = native === undefined ? await wasmDecoder(LARGEST) : nativeDecoder(native, LARGEST);
  const bytes = Buffer.concat(pieces, length);
  for (const frame of findFrames(bytes)) {
    yield decodeFrame(bytes.subarray(frame.start, frame.end), Math.min(frame.bound, LARGEST));
  }
}

/** Pieces that are joined before there are more: each has a price of its own. */
const MANY = 4096;

type FrameDecoder = (frame: Buffer, room: number) => Buffer;

function nativeDecoder(zstd: NativeZstd, limit: number): FrameDecoder {
  return (frame, room) => {
    try {
      return zstd.zstdDecompressSync(frame, { maxOutputLength: Math.max(room, 1) });
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(limit) : error;
    }
  };
}

/** The decoder's memory is WebAssembly's: it grows to the largest frame and must hold both sides. */
const WASM_MEMORY = 1.5 * 2 ** 30;

async function wasmDecoder(limit: number): Promise<FrameDecoder> {
  const zstd = await loadWasm();
  return (frame, room) => {
    if (frame.length + room > WASM_MEMORY)
      throw new Error('without libzstd, this version of Node cannot unpack so large a frame');
    try {
      const content = zstd.decompress(frame, { defaultHeapSize: Math.max(room, 1) });
      return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    } catch (error) {
      // ZSTD_error_dstSize_tooSmall, from zstd_errors.h.
      throw String(error).endsWith('code -70') ? tooLarge(limit) : error;
    }
  };
}

const MAX_BLOCK = 128 * 2 ** 10;

/** Walks the frames by their headers and those of their blocks; skippable frames are left out. */
export function* findFrames(bytes: Buffer): Generator<ZstdFrame> {
  let isEmpty = true;
  let offset = 0;
  while (offset < bytes.length) {
    const magic = readLittle(bytes, offset, 4);
    if (Math.floor(magic / 16) === 0x184d2a5) {
      offset += 8 + readLittle(bytes, offset + 4, 4);
      if (offset > bytes.length) throw new Error('unexpected end of data');
    } else if (magic === 0xfd2fb528) {
      const frame = readFrame(bytes, offset);
      yield frame;
      isEmpty = false;
      offset = frame.end;
    } else {
      throw new Error('this is not the zstd format');
    }
  }
  if (isEmpty) throw new Error('unexpected end of data');
}

function readFrame(bytes: Buffer, start: number): ZstdFrame {
  const descriptor = readLittle(bytes, start + 4, 1);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const hasChecksum = (descriptor & 0x04) !== 0;
  const dictionarySize = [0, 1, 2, 4][descriptor & 3]!;
  const sizeLength = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const sizeOffset = start + 5 + (isSingleSegment ? 0 : 1) + dictionarySize;
  const declared = readLittle(bytes, sizeOffset, sizeLength) + (sizeLength === 2 ? 256 : 0);

  let offset = sizeOffset + sizeLength;
  let bound = 0;
  for (let isLast = false; !isLast; ) {
    const header = readLittle(bytes, offset, 3);
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (type === 3) throw new Error('a block is of an unknown type');
    isLast = (header & 1) !== 0;
    offset += 3 + (type === 1 ? 1 : size);
    bound += type === 2 ? MAX_BLOCK : size;
  }
  if (hasChecksum) offset += 4;
  if (offset > bytes.length) throw new Error('unexpected end of data');
  if (sizeLength > 0 && declared > bound) throw new Error('the declared size does not fit the data');
  const window = isSingleSegment ? declared : windowOf(readLittle(bytes, start + 5, 1));
  return { start, end: offset, bound: sizeLength > 0 ? declared : bound, window };
}

/** RFC 8878, section 3.1.1.1.2. */
function windowOf(descriptor: number): number {
  return 2 ** (10 + (descriptor >> 3)) * (1 + (descriptor & 7) / 8);
}

function readLittle(bytes: Buffer, offset: number, length: number): number {
  if (offset + length > bytes.length) throw new Error('unexpected end of data');
  let value = 0;
  for (let i = length - 1; i >= 0; i--) value = value * 256 + bytes[offset + i]!;
  return value;
}

const BLOCK_SIZE = 4 * 2 ** 20;

/** Packs a stream as one frame for every 4 MiB of it; `node:zlib` packs several at once. */
export async function* encodeZstd(source: AsyncIterable<Buffer>, level = 3): AsyncGenerator<Buffer> {
  const encodeFrame = native === undefined ? await wasmEncoder(level) : nativeEncoder(native, level);
  yield* ordered(source, BLOCK_SIZE, encodeFrame);
}

type FrameEncoder = (block: Buffer) => Promise<Buffer>;

function nativeEncoder(zstd: NativeZstd, level: number): FrameEncoder {
  const { ZSTD_c_compressionLevel, ZSTD_c_checksumFlag } = zstd.constants;
  const zstdCompress = promisify(zstd.zstdCompress);
  const params = { [ZSTD_c_compressionLevel]: level, [ZSTD_c_checksumFlag]: 1 };
  return (block) => zstdCompress(block, { params });
}

async function wasmEncoder(level: number): Promise<FrameEncoder> {
  const zstd = await loadWasm();
  return async (block) => Buffer.from(zstd.compress(block, level));
}

let wasm: Promise<typeof import('@bokuweb/zstd-wasm')> | undefined;

/** Once a thread: a second `init` would swap the module under a decoder that is at work. */
function loadWasm(): Promise<typeof import('@bokuweb/zstd-wasm')> {
  wasm ??= import('@bokuweb/zstd-wasm').then(async (zstd) => {
    await zstd.init();
    return zstd;
  });
  return wasm;
}
