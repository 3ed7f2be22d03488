import { badTar } from './tar-errors.ts';

/** Size of a header and of the unit that bodies are padded to. */
export const BLOCK = 512;

/** The fields of one 512-byte header as they stand there: no PAX record or long name is applied. */
export interface RawHeader {
  readonly name: string;
  readonly typeFlag: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly link: string;
  readonly uname: string;
  readonly gname: string;
  readonly major: number;
  readonly minor: number;
}

/**
 * Reads a header block, or gives `undefined` for one of zeros (the end of the archive): v7, ustar
 * (POSIX.1-1988, with its name prefix) and GNU (`ustar  `, base-256 numbers). `at` is its place in the
 * archive, for the message.
 *
 * @throws MkbaseError `package/bad-tar`: too short, wrong checksum, a field that is not a number
 */
export function readHeader(block: Buffer, at: number): RawHeader | undefined {
  if (block.length < BLOCK) throw badTar(`it ends inside the header at byte ${at}`);
  if (!checksumHolds(block, at)) return undefined;
  const magic = block.toString('latin1', 257, 263);
  const known = magic.startsWith('ustar');
  const prefix = magic === 'ustar\0' ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    typeFlag: String.fromCharCode(block[156]!),
    mode: readNumber(block, 100, 8),
    uid: readNumber(block, 108, 8),
    gid: readNumber(block, 116, 8),
    size: readNumber(block, 124, 12),
    mtime: readSigned(block, 136, 12),
    link: text(block, 157, 100),
    uname: known ? text(block, 265, 32) : '',
    gname: known ? text(block, 297, 32) : '',
    major: known ? readNumber(block, 329, 8) : 0,
    minor: known ? readNumber(block, 337, 8) : 0,
  };
}

/** False for a block of zeros. Some old programs summed signed bytes: both sums are right. */
function checksumHolds(block: Buffer, at: number): boolean {
  let sum = 0;
  let high = 0;
  for (let i = 0; i < BLOCK; i++) {
    const byte = block[i]!;
    sum += byte;
    high += byte >> 7;
  }
  if (sum === 0) return false;
  for (let i = 148; i < 156; i++) {
    const byte = block[i]!;
    sum += 32 - byte;
    high -= byte >> 7;
  }
  const stored = Number.parseInt(block.toString('latin1', 148, 156).trim(), 8);
  if (stored !== sum && stored !== sum - 256 * high) {
    throw badTar(`the checksum of the header at byte ${at} is wrong`);
  }
  return true;
}

/** A numeric field that cannot be negative. */
export function readNumber(bytes: Buffer, offset: number, length: number): number {
  const value = readSigned(bytes, offset, length);
  if (value < 0) throw badTar(`the number at byte ${offset} of a header is negative`);
  return value;
}

/** Octal digits between blanks, or GNU's base-256 (top bit set, two's complement). */
function readSigned(bytes: Buffer, offset: number, length: number): number {
  const first = bytes[offset]!;
  if (first === 0x80 || first === 0xff) return readBase256(bytes, offset, length);
  let i = offset;
  const end = offset + length;
  while (i < end && bytes[i] === 0x20) i++;
  let value = 0;
  for (; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === 0 || byte === 0x20) break;
    if (byte < 0x30 || byte > 0x37)
      throw badTar(`the field at byte ${offset} of a header is not an octal number`);
    value = value * 8 + (byte - 0x30);
  }
  return value;
}

function readBase256(bytes: Buffer, offset: number, length: number): number {
  let value = bytes[offset] === 0xff ? -1 : 0;
  for (let i = offset + 1; i < offset + length; i++) value = value * 256 + bytes[i]!;
  if (!Number.isSafeInteger(value)) throw badTar(`the number at byte ${offset} of a header is out of range`);
  return value;
}

/** A text field: up to its first NUL, or all of it. */
function text(bytes: Buffer, offset: number, length: number): string {
  let end = offset;
  while (end < offset + length && bytes[end] !== 0) end++;
  return bytes.toString('latin1', offset, end);
}
