import { MkbaseError } from '../errors.ts';
import type { PaxRecords } from './pax.ts';
import { badTar } from './tar-errors.ts';
import { BLOCK, readNumber } from './tar-header.ts';

/** Where the stored pieces of a sparse file belong; all else is zeros. */
export interface SparseMap {
  /** [offset in the file, length], in order. */
  readonly segments: readonly (readonly [number, number])[];
  readonly realSize: number;
  /** Where the stored data begins: an offset in the bytes that the map was read from. */
  readonly end: number;
}

/** How many bytes the sparse files of one archive may still grow by. */
export interface HoleBudget {
  left: number;
}

/** A tar of a kilobyte can declare a file of terabytes. No package is known to ship a sparse file. */
export const MAX_HOLES = 256 * 2 ** 20;

/** Old GNU format (type `S`): four segments in the header at `offset`, 21 in each block after it. */
export function readGnuSparseMap(bytes: Buffer, offset: number): SparseMap {
  const segments: [number, number][] = [];
  const realSize = readNumber(bytes, offset + 483, 12);
  const readSegments = (start: number, count: number) => {
    for (let at = start; at < start + count * 24 && bytes[at] !== 0; at += 24) {
      segments.push([readNumber(bytes, at, 12), readNumber(bytes, at + 12, 12)]);
    }
  };
  readSegments(offset + 386, 4);
  let more = bytes[offset + 482] !== 0;
  let end = offset + BLOCK;
  while (more) {
    if (end + BLOCK > bytes.length) throw badTar('it ends inside the map of a sparse file');
    readSegments(end, 21);
    more = bytes[end + 504] !== 0;
    end += BLOCK;
  }
  return { segments, realSize, end };
}

/**
 * GNU's formats in PAX: 0.0 and 0.1 hold the map in the records, 1.0 before the content, as decimal
 * numbers on lines, padded to a block. `undefined` where the records tell of no sparse file.
 */
export function readPaxSparseMap(records: PaxRecords, content: Buffer): SparseMap | undefined {
  const size = records.get('GNU.sparse.realsize') ?? records.get('GNU.sparse.size');
  if (size === undefined) return undefined;
  const realSize = decimal(size);
  const list = records.get('GNU.sparse.map');
  if (list !== undefined) {
    return { segments: pairs(list === '' ? [] : list.split(',').map(decimal)), realSize, end: 0 };
  }
  let offset = 0;
  const line = () => {
    const end = content.indexOf(0x0a, offset);
    if (end === -1) throw badTar('the map of a sparse file is cut short');
    const value = decimal(content.toString('latin1', offset, end));
    offset = end + 1;
    return value;
  };
  const count = line();
  const numbers: number[] = [];
  for (let i = 0; i < count * 2; i++) numbers.push(line());
  return { segments: pairs(numbers), realSize, end: Math.ceil(offset / BLOCK) * BLOCK };
}

/**
 * The whole content of a sparse file.
 *
 * @throws MkbaseError `package/bad-tar`, `package/decompression-bomb`
 */
export function expandSparse({ segments, realSize }: SparseMap, data: Buffer, budget: HoleBudget): Buffer {
  budget.left -= realSize;
  if (budget.left < 0) {
    throw new MkbaseError('package/decompression-bomb', 'the sparse files of a tar archive are too large', {
      hint: 'do not use this package: a few bytes in it stand for gigabytes on the disk',
    });
  }
  const whole = Buffer.alloc(realSize);
  let from = 0;
  for (const [offset, length] of segments) {
    if (offset + length > realSize || from + length > data.length) {
      throw badTar('the map of a sparse file does not fit its content');
    }
    data.copy(whole, offset, from, from + length);
    from += length;
  }
  return whole;
}

function pairs(numbers: readonly number[]): [number, number][] {
  if (numbers.length % 2 !== 0) throw badTar('the map of a sparse file has an odd count of numbers');
  const result: [number, number][] = [];
  for (let i = 0; i < numbers.length; i += 2) result.push([numbers[i]!, numbers[i + 1]!]);
  return result;
}

function decimal(digits: string): number {
  if (!/^\d{1,15}$/.test(digits)) throw badTar('the map of a sparse file holds something that is no number');
  return Number(digits);
}
