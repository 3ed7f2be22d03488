import { createRequire } from 'node:module';
import { Readable, type Transform } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { compress as encode } from '../../src/formats/compress.ts';

/** The part of lzma-native, which has no types of its own, that is used here. */
interface LzmaNative {
  compress(bytes: Buffer, preset: number): Promise<Buffer>;
  createStream(coder: 'aloneEncoder', options: { preset: number }): Transform;
}
const lzma = createRequire(import.meta.url)('lzma-native') as LzmaNative;

/** The codecs of a member of a .deb or an index; the value is also the file's extension. */
export type TestCodec = 'none' | 'gz' | 'xz' | 'lzma' | 'zst';

export async function compress(bytes: Buffer, codec: TestCodec): Promise<Buffer> {
  switch (codec) {
    case 'none':
      return bytes;
    case 'gz':
      return gzipSync(bytes, { level: 1 });
    case 'xz':
      return lzma.compress(bytes, 0);
    case 'lzma':
      return encodeLzmaAlone(bytes);
    case 'zst':
      // Through the product: zstd-wasm breaks when two parts of one process initialise it.
      return encodeZstd(bytes);
  }
}

async function encodeZstd(bytes: Buffer): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of encode('zstd', Readable.from([bytes]))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function encodeLzmaAlone(bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const encoder = lzma.createStream('aloneEncoder', { preset: 0 });
    encoder.on('data', (chunk: Buffer) => chunks.push(chunk));
    encoder.on('end', () => resolve(Buffer.concat(chunks)));
    encoder.on('error', reject);
    encoder.end(bytes);
  });
}

export function extension(codec: TestCodec): string {
  return codec === 'none' ? '' : `.${codec}`;
}
