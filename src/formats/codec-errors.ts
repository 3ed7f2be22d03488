import { MkbaseError } from '../errors.ts';

/** `package/decompression-bomb`: more came out than the caller allows. */
export function tooLarge(limit: number): MkbaseError {
  return new MkbaseError('package/decompression-bomb', `compressed data unpack to more than ${limit} bytes`, {
    hint: 'do not use this file: unpacked it is far larger than it declares',
  });
}
