import { createHash } from 'node:crypto';
import { MkbaseError } from '../errors.ts';
import { unpackedStream } from '../formats/decompress-stream.ts';
import type { Digest } from './blob.ts';
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
  for await (const piece of unpackedStream(layer.open(), MAX_LAYER)) {
    hash.update(piece);
    yield piece;
  }
  const found: Digest = `sha256:${hash.digest('hex')}`;
  if (found === layer.diffId) return;
  throw new MkbaseError('image/digest-mismatch', `a layer of the image is not \`${layer.diffId}\``, {
    hint: 'it was damaged or changed on its way: copy the image again from where it was made',
  });
}
