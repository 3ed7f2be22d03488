import { createHash } from 'node:crypto';
import { MkbaseError } from '../errors.ts';
import { codecOfBytes, decompressStream } from '../formats/decompress-stream.ts';
import type { Blob, Digest } from './blob.ts';
import type { Layer } from './image.ts';

/** Bytes of a layer, unpacked. */
const MAX_LAYER = 64 * 2 ** 30;

/**
 * The tar that a layer is, unpacked whatever it is packed with, and held against its diffID at the end.
 *
 * @throws MkbaseError `image/digest-mismatch`, `package/bad-compression`, `package/decompression-bomb`
 */
export async function* layerContent(layer: Pick<Layer, 'open' | 'diffId'>): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const piece of unpacked(layer)) {
    hash.update(piece);
    yield piece;
  }
  const found: Digest = `sha256:${hash.digest('hex')}`;
  if (found === layer.diffId) return;
  throw new MkbaseError('image/digest-mismatch', `a layer of the image is not \`${layer.diffId}\``, {
    hint: 'it was damaged or changed on its way: copy the image again from where it was made',
  });
}

async function* unpacked({ open }: Pick<Blob, 'open'>): AsyncGenerator<Buffer> {
  const pieces = open()[Symbol.asyncIterator]();
  const { value: first } = await pieces.next();
  if (first === undefined) return;
  const source = async function* () {
    yield first as Buffer;
    yield* { [Symbol.asyncIterator]: () => pieces };
  };
  yield* decompressStream(codecOfBytes(first), source(), MAX_LAYER);
}
