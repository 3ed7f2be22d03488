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
 * Reads the header at `offset`, or gives `undefined` for a block of zeros (the end of the archive).
 * v7, ustar (POSIX.1-1988, with its name prefix) and GNU (`ustar  `, base-256 numbers).
 *
 * @throws MkbaseError `package/bad-tar`: too short, wrong checksum, a field that is not a number
 */
export function readHeader(bytes: Buffer, offset: number): RawHeader | undefined {
  if (offset + BLOCK > bytes.length) throw badTar(`it ends inside the header at byte ${offset}`);
  if (!checksumHolds(bytes, offset)) return undefined;
  const magic = bytes.toString('latin1', offset + 257, offset + 263);
  const known = magic.startsWith('ustar');
  const prefix = magic === 'ustar\0' ? text(bytes, offset + 345, 155) : '';
  const name = text(bytes, offset, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    typeFlag: String.fromCharCode(bytes[offset + 156]!),
    mode: readNumber(bytes, offset + 100, 8),
    uid: readNumber(bytes, offset + 108, 8),
    gid: readNumber(bytes, offset + 116, 8),
    size: readNumber(bytes, offset + 124, 12),
    mtime: readSigned(bytes, offset + 136, 12),
    link: text(bytes, offset + 157, 100),
    uname: known ? text(bytes, offset + 265, 32) : '',
    gname: known ? text(bytes, offset + 297, 32) : '',
    major: known ? readNumber(bytes, offset + 329, 8) : 0,
    minor: known ? readNumber(bytes, offset + 337, 8) : 0,
  };
}

/** False for a block of zeros. Some old programs summed signed bytes: both sums are right. */
function checksumHolds(bytes: Buffer, offset: number): boolean {
  let sum = 0;
  let high = 0;
  for (let i = offset; i < offset + BLOCK; i++) {
    const byte = bytes[i]!;
    sum += byte;
    high += byte >> 7;
  }
  if (sum === 0) return false;
  for (let i = offset + 148; i < offset + 156; i++) {
    const byte = bytes[i]!;
    sum += 32 - byte;
    high -= byte >> 7;
  }
  const stored = Number.parseInt(bytes.toString('latin1', offset + 148, offset + 156).trim(), 8);
  if (stored !== sum && stored !== sum - 256 * high) {
    throw badTar(`the checksum of the header at byte ${offset} is wrong`);
  }
  return true;
}

/** A numeric field that cannot be negative. */
export function readNumber(bytes: Buffer, offset: number, length: number): number {
  const value = readSigned(bytes, offset, length);
  if (value < 0) throw badTar(`the number at byte ${offset} is negative`);
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
    if (byte < 0x30 || byte > 0x37) throw badTar(`the field at byte ${offset} is not an octal number`);
    value = value * 8 + (byte - 0x30);
  }
  return value;
}

function readBase256(bytes: Buffer, offset: number, length: number): number {
  let value = bytes[offset] === 0xff ? -1 : 0;
  for (let i = offset + 1; i < offset + length; i++) value = value * 256 + bytes[i]!;
  if (!Number.isSafeInteger(value)) throw badTar(`the number at byte ${offset} is out of range`);
  return value;
}

/** A text field: up to its first NUL, or all of it. */
function text(bytes: Buffer, offset: number, length: number): string {
  let end = offset;
  while (end < offset + length && bytes[end] !== 0) end++;
  return bytes.toString('latin1', offset, end);
}
