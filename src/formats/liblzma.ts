/**
 * The host's own liblzma, where it has one: it decodes xz in 0.6 of the time that the WebAssembly one
 * takes, and unpacking xz is the largest piece of CPU in a build (docs/decisions/0031).
 */
import koffi from 'koffi';
import { PIECE, type StreamDecoder } from './stream-decoder.ts';

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

/** More than the largest dictionary of `xz -9`, and less than a hostile header may ask for. */
const MEMORY_LIMIT = 256n * 2n ** 20n;
const LZMA_OK = 0;
const LZMA_STREAM_END = 1;
/** Several streams of an .xz file are one content. */
const LZMA_CONCATENATED = 8;
const LZMA_RUN = 0;
const LZMA_FINISH = 3;

/** `lzma_stream` of liblzma's base.h, its reserved fields too. */
const LZMA_STREAM = {
  ...{ next_in: 'void *', avail_in: 'size_t', total_in: 'uint64_t' },
  ...{ next_out: 'void *', avail_out: 'size_t', total_out: 'uint64_t' },
  ...{ allocator: 'void *', internal: 'void *' },
  ...{ pointer1: 'void *', pointer2: 'void *', pointer3: 'void *', pointer4: 'void *' },
  ...{ seek_pos: 'uint64_t', integer2: 'uint64_t', integer3: 'size_t', integer4: 'size_t' },
  ...{ enum1: 'int', enum2: 'int' },
};

const library = loadLibrary();

/**
 * Decodes one .xz stream to its place, checks and index included (`lzma_stream_buffer_decode`).
 *
 * @returns false where the host has no liblzma or it does not accept the data: the other decoder then
 *   has the word
 */
export function decodeWithHost(bytes: Buffer, into: Buffer): boolean {
  if (library === undefined) return false;
  const memory = Buffer.alloc(8);
  memory.writeBigUInt64LE(MEMORY_LIMIT);
  const [read, written] = [Buffer.alloc(8), Buffer.alloc(8)];
  const result = library.decodeBuffer(memory, 0, null, bytes, read, bytes.length, into, written, into.length);
  return result === LZMA_OK && written.readBigUInt64LE() === BigInt(into.length);
}

/** For .xz, all its streams, and for .lzma; undefined where the host has no liblzma. */
export function hostLzmaDecoder(): StreamDecoder | undefined {
  if (library === undefined) return undefined;
  const { startDecoder, code, end } = library;
  const state = emptyState();
  const started = startDecoder(state, MEMORY_LIMIT, LZMA_CONCATENATED);
  if (started !== LZMA_OK) throw new Error(reasonOf(started));
  let into = Buffer.allocUnsafe(PIECE);
  let begin = 0;
  return {
    *decode(piece, isLast) {
      let result = LZMA_OK;
      for (let left = piece.length, isFull = isLast; isFull || left > 0; ) {
        Object.assign(state, { next_in: piece.subarray(piece.length - left), avail_in: left });
        Object.assign(state, { next_out: into.subarray(begin), avail_out: into.length - begin });
        result = code(state, isLast ? LZMA_FINISH : LZMA_RUN);
        if (result !== LZMA_OK && result !== LZMA_STREAM_END) throw new Error(reasonOf(result));
        left = Number(state.avail_in);
        const ended = into.length - Number(state.avail_out);
        if (ended > begin) yield into.subarray(begin, ended);
        isFull = ended === into.length;
        begin = isFull ? 0 : ended;
        if (isFull) into = Buffer.allocUnsafe(PIECE);
        if (result === LZMA_STREAM_END) break;
      }
      if (isLast && result !== LZMA_STREAM_END) throw new Error('unexpected end of data');
    },
    close: () => end(state),
  };
}

/** `lzma_ret` of liblzma's base.h. */
const REASONS: Readonly<Record<number, string>> = {
  5: 'there is not enough memory',
  6: `it needs more than ${MEMORY_LIMIT} bytes of memory`,
  7: 'this is not the xz format',
  8: 'it needs an option that this liblzma has not',
  9: 'the data are damaged',
  10: 'unexpected end of data',
};

function reasonOf(result: number): string {
  return REASONS[result] ?? `liblzma says ${result}`;
}

/** The fields of an `lzma_stream` that are read here. */
interface State {
  readonly avail_in: number | bigint;
  readonly avail_out: number | bigint;
}

function emptyState(): State {
  const fields = Object.entries(LZMA_STREAM).map(([name, type]) => [name, type === 'void *' ? null : 0]);
  return Object.fromEntries(fields) as State;
}

interface Library {
  readonly decodeBuffer: Decode;
  readonly startDecoder: (state: State, memoryLimit: bigint, flags: number) => number;
  readonly code: (state: State, action: number) => number;
  readonly end: (state: State) => void;
}

function loadLibrary(): Library | undefined {
  try {
    const host = koffi.load('liblzma.so.5');
    const state = koffi.inout(koffi.pointer(koffi.struct(LZMA_STREAM)));
    return {
      decodeBuffer: host.func('lzma_stream_buffer_decode', 'int', [
        ...['void *', 'uint32_t', 'void *', 'void *', 'void *', 'size_t', 'void *', 'void *', 'size_t'],
      ]),
      startDecoder: host.func('lzma_auto_decoder', 'int', [state, 'uint64_t', 'uint32_t']),
      code: host.func('lzma_code', 'int', [state, 'int']),
      end: host.func('lzma_end', 'void', [state]),
    } as unknown as Library;
  } catch {
    return undefined; // Not every system has it: musl's, or a minimal container.
  }
}
