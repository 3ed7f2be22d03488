/** A decoder that takes what is packed as it comes. */
export interface StreamDecoder {
  /**
   * The output of a piece, in pieces of bounded size.
   *
   * @throws Error where the data are damaged, or end before their end
   */
  decode(piece: Buffer, isLast: boolean): Generator<Buffer>;
  /** Frees what the decoder holds outside of Node's memory. */
  close(): void;
}

/** Bytes of the pieces that come out. */
export const PIECE = 2 ** 20;

/** All that comes out of a stream. Errors of the source pass as they are, those of the decoder by `explain`. */
export async function* decodeWith(
  decoder: StreamDecoder,
  source: AsyncIterable<Buffer>,
  explain: (error: unknown) => Error,
): AsyncGenerator<Buffer> {
  try {
    for await (const piece of source) yield* explained(decoder.decode(piece, false), explain);
    yield* explained(decoder.decode(Buffer.alloc(0), true), explain);
  } finally {
    decoder.close();
  }
}

function* explained(pieces: Generator<Buffer>, explain: (error: unknown) => Error): Generator<Buffer> {
  try {
    yield* pieces;
  } catch (error) {
    throw explain(error);
  }
}
