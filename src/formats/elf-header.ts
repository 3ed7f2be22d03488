/** The ELF header and the program headers, elf(5). */
import { MkbaseError } from '../errors.ts';

const MAGIC = Buffer.from('\x7fELF', 'latin1');

export function isElf(bytes: Buffer): boolean {
  return bytes.subarray(0, MAGIC.length).equals(MAGIC);
}

/** Types of segments that are looked at. */
export const PT_LOAD = 1;
export const PT_DYNAMIC = 2;
const PT_INTERP = 3;

export interface Header {
  readonly bits: 32 | 64;
  readonly isLittleEndian: boolean;
  readonly osAbi: number;
  readonly type: number;
  readonly machine: number;
  readonly flags: number;
  readonly segmentsAt: number;
  readonly segmentCount: number;
  /** Reads a whole number; beyond the end of the file it is an error. */
  readonly number: (at: number, size: 2 | 4 | 8) => number;
}

export function readHeader(bytes: Buffer): Header {
  if (!isElf(bytes)) throw badElf('it does not begin as one');
  const [bits, isLittleEndian] = [classOf(bytes[4]), byteOrderOf(bytes[5])];
  const number = reader(bytes, isLittleEndian);
  const wide = bits === 64;
  // e_entry, e_phoff and e_shoff are as wide as an address, so the offsets after them differ too.
  const flagsAt = wide ? 48 : 36;
  const header = {
    ...{ bits, isLittleEndian, number },
    osAbi: bytes[7]!,
    type: number(16, 2),
    machine: number(18, 2),
    segmentsAt: number(wide ? 32 : 28, wide ? 8 : 4),
    flags: number(flagsAt, 4),
    segmentCount: number(flagsAt + 8, 2),
  };
  const size = number(flagsAt + 6, 2);
  if (header.segmentCount > 0 && size !== (wide ? 56 : 32))
    throw badElf('its program headers have a strange size');
  return header;
}

function classOf(byte: number | undefined): 32 | 64 {
  if (byte === 1) return 32;
  if (byte === 2) return 64;
  throw badElf('it is neither 32 nor 64 bits wide');
}

function byteOrderOf(byte: number | undefined): boolean {
  if (byte === 1 || byte === 2) return byte === 1;
  throw badElf('its byte order is neither of the two');
}

function reader(bytes: Buffer, isLittleEndian: boolean): Header['number'] {
  return (at, size) => {
    if (at < 0 || at + size > bytes.length) throw badElf('it is cut short');
    if (size === 8) {
      const value = isLittleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at);
      // Addresses may use all bits; as a place in a file such a number is out of bounds anyway.
      return value > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : Number(value);
    }
    return isLittleEndian ? bytes.readUIntLE(at, size) : bytes.readUIntBE(at, size);
  };
}

export interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

export function readSegments(bytes: Buffer, { bits, number, segmentsAt, segmentCount }: Header): Segment[] {
  const segments = Array.from({ length: segmentCount }, (_, index): Segment => {
    const at = segmentsAt + index * (bits === 64 ? 56 : 32);
    return bits === 64
      ? {
          type: number(at, 4),
          offset: number(at + 8, 8),
          address: number(at + 16, 8),
          size: number(at + 32, 8),
        }
      : {
          type: number(at, 4),
          offset: number(at + 4, 4),
          address: number(at + 8, 4),
          size: number(at + 16, 4),
        };
  });
  const needed = segments.filter(({ type }) => [PT_LOAD, PT_DYNAMIC, PT_INTERP].includes(type));
  if (needed.some(({ offset, size }) => offset + size > bytes.length)) throw badElf('it is cut short');
  return segments;
}

/** Longer than any path that the kernel takes. */
export const MAX_TEXT = 4096;

export function readInterpreter(bytes: Buffer, segments: readonly Segment[]): string | null {
  const segment = segments.find(({ type }) => type === PT_INTERP);
  if (segment === undefined) return null;
  const text = bytes.toString('latin1', segment.offset, segment.offset + segment.size);
  const end = text.indexOf('\0');
  if (end <= 0 || end > MAX_TEXT) throw badElf('it names no interpreter where it should');
  return text.slice(0, end);
}

export function badElf(reason: string): MkbaseError {
  return new MkbaseError('binary/bad-elf', `no sound ELF file: ${reason}`, {
    hint: 'build or fetch it again; Linux would not start it either',
  });
}
