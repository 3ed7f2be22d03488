import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { checked, type Digest } from '../formats/digest.ts';

/** Changes when what lies below it does, so that old and new versions of mkbase share a cache directory. */
const LAYOUT = 'v1';

/** `v1/sha256/ab/cdef…`: a whole file by its digest. */
export function contentPath(directory: string, digest: Digest): string {
  const { algorithm, hex } = checked(digest);
  return join(directory, LAYOUT, algorithm, hex.slice(0, 2), hex.slice(2));
}

/** `v1/partial`: unfinished files, under names that no other run takes. */
export function partialFolder(directory: string): string {
  return join(directory, LAYOUT, 'partial');
}

/** `v1/named/…`: a small value by the hash of its key, which can be any text. */
export function namedPath(directory: string, key: string): string {
  return join(directory, LAYOUT, 'named', createHash('sha256').update(key).digest('hex'));
}
