import { createHash, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { compress } from '../formats/compress.ts';
import { type Digest, fileBlob } from './blob.ts';
import type { Layer } from './image.ts';
import { type ImageFormat, type LayerCodec, MEDIA_TYPES } from './media-types.ts';

/** A layer that was written to a file. */
export interface PackedLayer {
  readonly codec: LayerCodec;
  readonly diffId: Digest;
  readonly digest: Digest;
  readonly size: number;
}

/**
 * Writes a tar to `file`, compressed, and returns its digests: that of the tar is the same for every
 * codec, that of the file is the same with the same version of Node.
 */
export async function packLayer(
  tar: AsyncIterable<Buffer>,
  { file, codec }: { readonly file: string; readonly codec: LayerCodec },
): Promise<PackedLayer> {
  const [plain, packed] = [createHash('sha256'), createHash('sha256')];
  let size = 0;
  const count = (piece: Buffer) => {
    size += piece.length;
  };
  const pieces = hashed(compress(codec, hashed(tar, plain)), packed, count);
  await pipeline(Readable.from(pieces), createWriteStream(file, { flags: 'wx' }));
  return { codec, diffId: digestOf(plain), digest: digestOf(packed), size };
}

/** The layer that was packed into a file, which must stay for as long as the layer is used. */
export function layerInFile(
  { codec, diffId, digest, size }: PackedLayer,
  { file, format }: { readonly file: string; readonly format: ImageFormat },
): Layer {
  return { ...fileBlob({ mediaType: MEDIA_TYPES[format].layer[codec], digest, size }, file), diffId };
}

async function* hashed(
  source: AsyncIterable<Buffer>,
  hash: Hash,
  tell: (piece: Buffer) => void = () => {},
): AsyncGenerator<Buffer> {
  for await (const piece of source) {
    hash.update(piece);
    tell(piece);
    yield piece;
  }
}

function digestOf(hash: Hash): Digest {
  return `sha256:${hash.digest('hex')}`;
}
