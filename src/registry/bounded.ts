import { MkbaseError } from '../errors.ts';
import type { Answer } from './exchange.ts';

/** The whole body of an answer, which may not be larger than `limit` bytes. */
export async function readBounded(
  answer: Answer,
  { limit, task }: { readonly limit: number; readonly task: string },
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of answer.body) {
    pieces.push(piece);
    length += piece.length;
    if (length > limit) {
      await answer.discard();
      throw new MkbaseError(
        'registry/too-large',
        `cannot ${task}: the answer is larger than ${limit} bytes`,
        {
          hint: 'check the name of the registry; a proxy may answer in its place',
        },
      );
    }
  }
  return Buffer.concat(pieces);
}
