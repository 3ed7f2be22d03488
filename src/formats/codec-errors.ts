import { MkbaseError, reasonOf } from '../errors.ts';

/** `package/decompression-bomb`: more came out than the caller allows. */
export function tooLarge(limit: number): MkbaseError {
  return new MkbaseError('package/decompression-bomb', `compressed data unpack to more than ${limit} bytes`, {
    hint: 'do not use this file: unpacked it is far larger than it declares',
  });
}

/** `package/bad-compression`: cut short, damaged or of another format. An error with a code is returned unchanged. */
export function badCompression(codec: string, error: unknown): MkbaseError {
  if (error instanceof MkbaseError) return error;
  return new MkbaseError('package/bad-compression', `cannot unpack ${codec} data: ${reasonOf(error)}`, {
    hint: 'fetch the file again; it is damaged or cut short',
    cause: error,
  });
}
