/** Node gives hashes and system calls no more than 2^31 - 1 bytes at once. */
export const PIECE = 2 ** 30;

/** Views of all the bytes, in order. */
export function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += PIECE) yield bytes.subarray(from, from + PIECE);
}
