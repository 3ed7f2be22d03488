import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { MkbaseError } from '../errors.ts';

export interface Digest {
  readonly algorithm: 'sha256' | 'sha512';
  /** Lower case. */
  readonly hex: string;
}

/** Changes when what lies below it does, so that old and new versions of mkbase share a cache directory. */
const LAYOUT = 'v1';

/** `v1/sha256/ab/cdef…`: a whole file by its digest. */
export function contentPath(directory: string, { algorithm, hex }: Digest): string {
  const digits = { sha256: 64, sha512: 128 }[algorithm];
  if (hex.length !== digits || !/^[0-9a-f]+$/.test(hex)) {
    throw new MkbaseError('package/bad-digest', `\`${hex}\` is not a ${algorithm} digest`, {
      hint: 'the index of the mirror is damaged: name another mirror',
    });
  }
  return join(directory, LAYOUT, algorithm, hex.slice(0, 2), hex.slice(2));
}

/** `v1/partial`: what is still being written, under names that nobody else takes. */
export function partialFolder(directory: string): string {
  return join(directory, LAYOUT, 'partial');
}

/** `v1/named/…`: a small value by the hash of its key, which can be any text. */
export function namedPath(directory: string, key: string): string {
  return join(directory, LAYOUT, 'named', createHash('sha256').update(key).digest('hex'));
}
