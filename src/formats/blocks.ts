/** Blocks that are at work or wait for their turn: enough for the threads of any common machine. */
const IN_FLIGHT = 8;

type BlockWorker = (block: Buffer, isLast: boolean) => Promise<Buffer>;

/**
 * Cuts a stream into blocks of `size` bytes, hands them to a worker that may take several at once, and
 * gives the results in order. There is always a last block; it may be empty or shorter.
 */
export async function* ordered(
  source: AsyncIterable<Buffer>,
  size: number,
  work: BlockWorker,
): AsyncGenerator<Buffer> {
  const results: Promise<Buffer>[] = [];
  let waiting: Buffer | undefined;
  for await (const block of blocksOf(source, size)) {
    if (waiting !== undefined) results.push(work(waiting, false));
    waiting = block;
    if (results.length === IN_FLIGHT) yield await results.shift()!;
  }
  results.push(work(waiting ?? Buffer.alloc(0), true));
  for (const result of results) yield await result;
}

async function* blocksOf(source: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let block = Buffer.allocUnsafe(size);
  let filled = 0;
  for await (const piece of source) {
    for (let offset = 0; offset < piece.length; ) {
      const copied = piece.copy(block, filled, offset);
      offset += copied;
      filled += copied;
      if (filled === size) {
        yield block;
        block = Buffer.allocUnsafe(size);
        filled = 0;
      }
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}
