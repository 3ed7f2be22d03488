import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import koffi from 'koffi';
import { describe, expect, test } from 'vitest';
import type { Codec } from '../../src/formats/compress.ts';
import { codecOfBytes, decompressStream, unpackedStream } from '../../src/formats/decompress-stream.ts';
import { hostLzmaDecoder } from '../../src/formats/liblzma.ts';
import { hostZstdDecoder } from '../../src/formats/libzstd.ts';
import { decodeLzmaStream } from '../../src/formats/lzma.ts';
import { decodeZstdFrames } from '../../src/formats/zstd.ts';
import { compress } from '../support/codec.ts';

const TEXT = Buffer.from(Array.from({ length: 40_000 }, (_, at) => `${at * 7919} line\n`).join(''));
/** `hello world`, which nothing here packs. */
const BZIP2 = Buffer.from(
  '425a68393141592653594eece83600000251800010400006449080200031064c4101a7a9a580bb9431f8bb9229c28482776741b0',
  'hex',
);

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

const PACKED: readonly (readonly [Codec, () => Promise<Buffer>, Buffer])[] = [
  ['none', async () => TEXT, TEXT],
  ['gzip', async () => gzipSync(TEXT), TEXT],
  ['xz', () => compress(TEXT, 'xz'), TEXT],
  ['zstd', () => compress(TEXT, 'zst'), TEXT],
  ['lzma', () => compress(TEXT, 'lzma'), TEXT],
  ['bzip2', async () => BZIP2, Buffer.from('hello world\n')],
];

describe('a stream is unpacked as it comes', () => {
  test.each(PACKED)('%s, in pieces of any size', async (codec, pack, content) => {
    const packed = await pack();
    expect(codecOfBytes(packed)).toBe(codec);
    for (const size of [7, 1000, 2 ** 20]) {
      const found = await collect(unpackedStream(inPieces(packed, size), content.length));
      expect(found.equals(content)).toBe(true);
    }
  });

  test.each(PACKED.filter(([codec]) => codec !== 'none' && codec !== 'lzma'))(
    '%s, several files in a row',
    async (codec, pack, content) => {
      const packed = await pack();
      const found = await collect(
        decompressStream(codec, inPieces(Buffer.concat([packed, packed]), 999), 2 ** 24),
      );
      expect(found.equals(Buffer.concat([content, content]))).toBe(true);
    },
  );

  test('zstd, where frames to be skipped stand before and between, as pzstd writes them', async () => {
    const skipped = Buffer.from('502a4d180400000001020304', 'hex');
    const packed = await compress(TEXT, 'zst');
    const file = Buffer.concat([skipped, packed, skipped, packed]);
    expect((await collect(unpackedStream(inPieces(file, 500), 2 ** 24))).length).toBe(2 * TEXT.length);
    expect((await collect(decodeZstdFrames(inPieces(file, 500)))).length).toBe(2 * TEXT.length);
  });

  test('without the host’s libraries too', async () => {
    for (const [codec, decode] of [
      ['zst', decodeZstdFrames],
      ['xz', decodeLzmaStream],
      ['lzma', decodeLzmaStream],
    ] as const) {
      expect((await collect(decode(inPieces(await compress(TEXT, codec), 5000)))).equals(TEXT)).toBe(true);
    }
  });

  test('with the host’s libraries where it has them', () => {
    const has = (name: string) => {
      try {
        return koffi.load(name) !== undefined;
      } catch {
        return false;
      }
    };
    const [lzma, zstd] = [hostLzmaDecoder(), hostZstdDecoder()];
    expect([lzma !== undefined, zstd !== undefined]).toEqual([has('liblzma.so.5'), has('libzstd.so.1')]);
    for (const decoder of [lzma, zstd]) decoder?.close();
  });
});

describe('a stream that is not sound', () => {
  test.each(PACKED.slice(1))('%s: cut short, damaged, too large', async (codec, pack, content) => {
    const packed = await pack();
    const read = (bytes: Buffer, limit = 2 ** 24) =>
      collect(decompressStream(codec, inPieces(bytes, 4096), limit));
    const bad = expect.objectContaining({ code: 'package/bad-compression' });
    await expect(read(packed.subarray(0, packed.length - 3))).rejects.toThrow(bad);
    await expect(read(packed.subarray(0, 9))).rejects.toThrow(bad);
    await expect(read(Buffer.from('no codec has such a beginning, whatever it is'))).rejects.toThrow(bad);
    await expect(read(packed, content.length - 1)).rejects.toThrow(
      expect.objectContaining({ code: 'package/decompression-bomb' }),
    );
  });

  test.each(PACKED)('%s: an error of its source passes as it is', async (codec, pack) => {
    const packed = await pack();
    const failing = async function* () {
      yield packed.subarray(0, packed.length >> 1);
      throw new Error('the connection was lost');
    };
    await expect(collect(decompressStream(codec, failing(), 2 ** 24))).rejects.toThrow(
      'the connection was lost',
    );
  });

  test('a codec that cannot be read is named', () => {
    for (const [name, magic] of [
      ['lz4', '04224d18'],
      ['compress', '1f9d90'],
      ['lzop', '894c5a4f000d0a1a0a'],
    ] as const) {
      expect(() => codecOfBytes(Buffer.from(magic, 'hex'))).toThrowError(
        expect.objectContaining({
          code: 'package/unknown-compression',
          message: expect.stringContaining(name),
        }),
      );
    }
  });

  test('a tar whose first file is named like the beginning of a codec is a tar', () => {
    for (const name of ['BZhello', ']']) {
      expect(codecOfBytes(Buffer.concat([Buffer.from(name), Buffer.alloc(500)]))).toBe('none');
    }
  });
});

test('a few bytes that stand for gigabytes take bounded memory', () => {
  const script = `
    import { unpackedStream } from ${JSON.stringify(new URL('../../dist/src/formats/decompress-stream.js', import.meta.url))};
    import { compress } from ${JSON.stringify(new URL('../../dist/src/formats/compress.js', import.meta.url))};
    const zeros = Buffer.alloc(2 ** 22);
    const frames = [];
    for await (const piece of compress('zstd', (async function* () { yield zeros; })())) frames.push(piece);
    const frame = Buffer.concat(frames);
    const source = async function* () { for (let at = 0; at < 256; at++) yield frame; };
    let size = 0;
    for await (const piece of unpackedStream(source(), 2 ** 31)) size += piece.length;
    console.log(size, process.resourceUsage().maxRSS);
  `;
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  const [size, kilobytes] = out.split(' ').map(Number);
  expect(size).toBe(2 ** 30);
  expect(kilobytes).toBeLessThan(400_000);
});
