import { MkbaseError } from '../errors.ts';
import type { PaxRecords } from './pax.ts';
import { badTar } from './tar-errors.ts';
import { BLOCK, readNumber } from './tar-header.ts';
import type { TarPart, TarSource } from './tar-source.ts';

/** Where the stored pieces of a sparse file belong; all else is zeros. */
export interface SparseMap {
  /** [offset in the file, length], in order. */
  readonly segments: readonly (readonly [number, number])[];
  readonly realSize: number;
  /** Where the stored data begins: an offset in the bytes that the map was read from. */
  readonly end: number;
}

/** The limit for all files of an archive: a file of 8 GiB reaches it where every second block is a hole. */
const MAX_SEGMENTS = 2 ** 20;

/** The sparse segments and holes that the rest of an archive may use. */
export interface SparseBudget {
  /** Bytes that they may grow by. */
  holes: number;
  segments: number;
}

export function sparseBudget(holes: number): SparseBudget {
  return { holes, segments: MAX_SEGMENTS };
}

/** A tar of a kilobyte can declare a file of terabytes. No package is known to ship a sparse file. */
export const MAX_HOLES = 256 * 2 ** 20;

/** Old GNU format (type `S`): four segments in the header at `offset`, 21 in each block after it. */
export function readGnuSparseMap(source: TarSource, offset: number): SparseMap {
  const segments: [number, number][] = [];
  const readSegments = (block: Buffer, start: number, count: number) => {
    for (let at = start; at < start + count * 24 && block[at] !== 0; at += 24) {
      segments.push([readNumber(block, at, 12), readNumber(block, at + 12, 12)]);
    }
  };
  const header = source.slice(offset, BLOCK);
  readSegments(header, 386, 4);
  let more = header[482] !== 0;
  let end = offset + BLOCK;
  while (more) {
    const block = source.slice(end, BLOCK);
    if (block.length < BLOCK) throw badTar('it ends inside the map of a sparse file');
    readSegments(block, 0, 21);
    more = block[504] !== 0;
    end += BLOCK;
    if (segments.length > MAX_SEGMENTS) throw longMap();
  }
  return { segments, realSize: readNumber(header, 483, 12), end };
}

/**
 * GNU's formats in PAX: 0.0 and 0.1 hold the map in the records, 1.0 before the content, as decimal
 * numbers on lines, padded to a block. `undefined` where the records describe no sparse file.
 */
export function readPaxSparseMap(records: PaxRecords, read: () => Buffer): SparseMap | undefined {
  const size = records.get('GNU.sparse.realsize') ?? records.get('GNU.sparse.size');
  if (size === undefined) return undefined;
  const realSize = decimal(size);
  const list = records.get('GNU.sparse.map');
  if (list !== undefined) {
    return { segments: pairs(list === '' ? [] : list.split(',').map(decimal)), realSize, end: 0 };
  }
  const content = read();
  let offset = 0;
  const line = () => {
    const end = content.indexOf(0x0a, offset);
    if (end === -1) throw badTar('the map of a sparse file is cut short');
    const value = decimal(content.toString('latin1', offset, end));
    offset = end + 1;
    return value;
  };
  const count = line();
  if (count > MAX_SEGMENTS) throw longMap();
  const numbers: number[] = [];
  for (let i = 0; i < count * 2; i++) numbers.push(line());
  return { segments: pairs(numbers), realSize, end: Math.ceil(offset / BLOCK) * BLOCK };
}

/**
 * Where the stored pieces of a sparse file are in the archive; `stored` is the place of its data.
 *
 * @throws MkbaseError `package/bad-tar`, `package/decompression-bomb`
 */
export function placeSparse(
  { segments, realSize }: SparseMap,
  stored: Pick<TarPart, 'from' | 'length'>,
  budget: SparseBudget,
): TarPart[] {
  budget.holes -= realSize;
  budget.segments -= segments.length;
  if (budget.segments < 0) throw longMap();
  if (budget.holes < 0) {
    throw new MkbaseError('package/decompression-bomb', 'the sparse files of a tar archive are too large', {
      hint: 'do not use this archive: a few bytes in it stand for gigabytes on the disk',
    });
  }
  const parts: TarPart[] = [];
  let used = 0;
  let reached = 0;
  for (const [to, length] of segments) {
    if (to < reached || to + length > realSize || used + length > stored.length) {
      throw badTar('the map of a sparse file does not fit its content');
    }
    if (length > 0) parts.push({ from: stored.from + used, to, length });
    used += length;
    reached = to + length;
  }
  return parts;
}

function longMap(): MkbaseError {
  return badTar('the maps of its sparse files are absurdly long');
}

function pairs(numbers: readonly number[]): [number, number][] {
  if (numbers.length % 2 !== 0) throw badTar('the map of a sparse file has an odd count of numbers');
  const result: [number, number][] = [];
  for (let i = 0; i < numbers.length; i += 2) result.push([numbers[i]!, numbers[i + 1]!]);
  return result;
}

function decimal(digits: string): number {
  if (!/^\d{1,15}$/.test(digits))
    throw badTar('the map of a sparse file holds something that is not a number');
  return Number(digits);
}
