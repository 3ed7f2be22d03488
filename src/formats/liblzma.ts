/**
 * The host's own liblzma, where it has one: it decodes xz in 0.6 of the time that the WebAssembly one
 * takes, and unpacking xz is the largest piece of CPU in a build (docs/decisions/0031).
 */
import koffi from 'koffi';

type Decode = (
  memoryLimit: Buffer,
  flags: number,
  allocator: null,
  input: Buffer,
  inputPosition: Buffer,
  inputSize: number,
  output: Buffer,
  outputPosition: Buffer,
  outputSize: number,
) => number;

const decodeBuffer = loadDecoder();

/** More than the largest dictionary of `xz -9`, and less than a hostile header may ask for. */
const MEMORY_LIMIT = 256n * 2n ** 20n;
const LZMA_OK = 0;

/**
 * Decodes one .xz stream to its place, checks and index included (`lzma_stream_buffer_decode`).
 *
 * @returns false where the host has no liblzma or it does not accept the data: the other decoder then
 *   has the word
 */
export function decodeWithHost(bytes: Buffer, into: Buffer): boolean {
  if (decodeBuffer === undefined) return false;
  const memory = Buffer.alloc(8);
  memory.writeBigUInt64LE(MEMORY_LIMIT);
  const [read, written] = [Buffer.alloc(8), Buffer.alloc(8)];
  const result = decodeBuffer(memory, 0, null, bytes, read, bytes.length, into, written, into.length);
  return result === LZMA_OK && written.readBigUInt64LE() === BigInt(into.length);
}

function loadDecoder(): Decode | undefined {
  try {
    return koffi
      .load('liblzma.so.5')
      .func('lzma_stream_buffer_decode', 'int', [
        ...['void *', 'uint32_t', 'void *', 'void *', 'void *', 'size_t', 'void *', 'void *', 'size_t'],
      ]) as unknown as Decode;
  } catch {
    return undefined; // Not every system has it: musl's, or a minimal container.
  }
}
