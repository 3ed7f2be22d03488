import { createRequire } from 'node:module';
import { Readable, type Transform } from 'node:stream';
import { crc32, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type Codec, codecOf, compress, decompress, type WritableCodec } from '../../src/formats/compress.ts';

const TEXT = Buffer.from('hello world, hello tar\n'.repeat(40));
const ENOUGH = 2 ** 20;

/** TEXT as the programs xz 5.4, lzma, zstd 1.5 and bzip2 1.0 pack it. */
const PACKED: Readonly<Record<string, readonly [Codec, string]>> = {
  bzip2: [
    'bzip2',
    'QlpoOTFBWSZTWVw4tm8AANvRgAAQQAQmRJSAIABwQNA0ApVANPUeicCehOxMEwTAmhNCaEwJ0CfCfCYJ4E/F3JFOFCQXDi2bwA==',
  ],
  lzma: ['lzma', 'XQAAgAD//////////wA0GUnujekXiTozX/32RqgNPORInLWBW1kZEoY+7X///9aYAAA='],
  'zstd, size not declared, checksum': ['zstd', 'KLUv/QRY3QAAiGhlbGxvIHdvcmxkLCB0YXIKAgB+dVYChvkFZ70eNw=='],
  'zstd, size declared, no checksum': ['zstd', 'KLUv/WCYAt0AAIhoZWxsbyB3b3JsZCwgdGFyCgIAfnVWAob5BQ=='],
  'xz, x86 filter': [
    'xz',
    '/Td6WFoAAATm1rRGAgEEACEBFgANhjUf4AOXAB9dADQZSe6N6ReJOjNf/fZGqA085EictYFbWRkSheQDAAAAACnQaIKDYeaQAAE7mAcAAADbd0nRscRn+wIAAAAABFla',
  ],
  'xz, SHA-256': [
    'xz',
    '/Td6WFoAAArh+wyhAgAhARYAAAB0L+Wj4AOXAB9dADQZSe6N6ReJOjNf/fZGqA085EictYFbWRkSheQDAAAAACCTzq7jKIez+QSSjtp7j1t1Bqz33hqhPkfiEPwnkdScAAFTmAcAAADs+u41tunfHAIAAAAAClla',
  ],
  'xz, four blocks': [
    'xz',
    '/Td6WFoAAATm1rRGA8AirAIhARYAAAAAKB7J6+ABKwAaXQA0GUnujekXiTozX/32RqgNPORInLWBQhigAAAAAD1/auHqMfObA8AkrAIhARYAAAAAb27X5uABKwAcXQAymyzeIDONrdfrwHlojAdwO1ihVm9fQ00iaAAAAEpjafSdUbaeA8AkrAIhARYAAAAAb27X5uABKwAcXQA2YbhAdzfQcDz9nL0cLcc0RQjO0YdBJ9B+AkAAAC0PqLz60bl/A8AYFCEBFgAAAAAAdGKTLgEAE2xvIHdvcmxkLCBoZWxsbyB0YXIKAAIvBQOv6lRSAAQ6rAI8rAI8rAIwFAAAAPDEqqSsJz4tBAAAAAAEWVo=',
  ],
};

interface LzmaNative {
  createStream(coder: string, options: { preset?: number; check?: number }): Transform;
  readonly CHECK_NONE: number;
  readonly CHECK_CRC32: number;
  readonly CHECK_CRC64: number;
}
const lzma = createRequire(import.meta.url)('lzma-native') as LzmaNative;

async function collect(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function pack(codec: WritableCodec, bytes: Buffer, options?: { level: number }): Promise<Buffer> {
  return collect(compress(codec, Readable.from([bytes]), options));
}

function packXz(bytes: Buffer, check = lzma.CHECK_CRC32): Promise<Buffer> {
  const encoder = lzma.createStream('easyEncoder', { preset: 1, check });
  encoder.end(bytes);
  return collect(encoder as AsyncIterable<Buffer>);
}

async function packed(): Promise<[string, Codec, Buffer][]> {
  return [
    ['gzip', 'gzip', gzipSync(TEXT)],
    ['xz, CRC-32', 'xz', await packXz(TEXT)],
    ['xz, CRC-64', 'xz', await packXz(TEXT, lzma.CHECK_CRC64)],
    ['xz, no check', 'xz', await packXz(TEXT, lzma.CHECK_NONE)],
    ...Object.entries(PACKED).map(([name, [codec, text]]): [string, Codec, Buffer] => [
      name,
      codec,
      Buffer.from(text, 'base64'),
    ]),
  ];
}

test.each<[string, Codec]>([
  ['data.tar', 'none'],
  ['data.tar.gz', 'gzip'],
  ['Packages.xz', 'xz'],
  ['.zst', 'zstd'],
  ['a.b/c.bz2', 'bzip2'],
  ['x.lzma', 'lzma'],
  ['x.xz/plain', 'none'],
  ['x.constructor', 'none'],
  ['', 'none'],
])('codecOf %s is %s', (name, codec) => expect(codecOf(name)).toBe(codec));

describe.each(await packed())('decompress: %s', (_, codec, bytes) => {
  test('gives the content', async () => {
    expect((await decompress(codec, bytes, TEXT.length)).equals(TEXT)).toBe(true);
  });

  test('refuses more than the limit', async () => {
    await expect(decompress(codec, bytes, TEXT.length - 1)).rejects.toMatchObject({
      code: 'package/decompression-bomb',
    });
  });

  test('refuses bytes that are cut short anywhere', async () => {
    for (let length = 0; length < bytes.length; length++) {
      await expect(decompress(codec, bytes.subarray(0, length), ENOUGH), `${length}`).rejects.toMatchObject({
        code: 'package/bad-compression',
      });
    }
  });

  test('any one wrong byte gives an error of its own kind, or the content', async () => {
    for (let i = 0; i < bytes.length; i++) {
      const wrong = Buffer.from(bytes);
      wrong[i]! ^= 0x41;
      const result = await decompress(codec, wrong, ENOUGH).catch((error: unknown) => error);
      if (!Buffer.isBuffer(result)) {
        expect(result).toMatchObject({
          code: expect.stringMatching(/^package\/(bad-compression|decompression-bomb)$/),
        });
      }
    }
    expect((await decompress(codec, bytes, ENOUGH)).equals(TEXT)).toBe(true);
  });

  test.skipIf(codec === 'lzma')('reads on after the first stream', async () => {
    const twice = await decompress(codec, Buffer.concat([bytes, bytes]), ENOUGH);
    expect(twice.equals(Buffer.concat([TEXT, TEXT]))).toBe(true);
  });

  test('works side by side', async () => {
    const results = await Promise.all(Array.from({ length: 8 }, () => decompress(codec, bytes, ENOUGH)));
    expect(results.every((result) => result.equals(TEXT))).toBe(true);
  });
});

describe('decompress', () => {
  test('none gives the bytes themselves, within the limit', async () => {
    expect(await decompress('none', TEXT, TEXT.length)).toBe(TEXT);
    await expect(decompress('none', TEXT, 1)).rejects.toMatchObject({ code: 'package/decompression-bomb' });
  });

  test.each<WritableCodec>(['gzip', 'xz', 'zstd'])('%s: nothing is nothing', async (codec) => {
    expect(await decompress(codec, await pack(codec, Buffer.alloc(0)), 0)).toHaveLength(0);
  });

  test.each<WritableCodec>(['gzip', 'xz', 'zstd'])(
    '%s: a bomb is refused in little memory',
    async (codec) => {
      const bomb = await pack(codec, Buffer.alloc(64 * 2 ** 20), { level: 1 });
      const before = process.resourceUsage().maxRSS;
      await expect(decompress(codec, bomb, 2 ** 20)).rejects.toMatchObject({
        code: 'package/decompression-bomb',
      });
      expect(process.resourceUsage().maxRSS - before).toBeLessThan(32 * 2 ** 10);
    },
  );

  test('xz: padding between and after streams is skipped, in units of four', async () => {
    const xz = await packXz(TEXT);
    const padded = Buffer.concat([xz, Buffer.alloc(8), xz, Buffer.alloc(4)]);
    expect(await decompress('xz', padded, ENOUGH)).toHaveLength(2 * TEXT.length);
    await expect(decompress('xz', Buffer.concat([xz, Buffer.alloc(3)]), ENOUGH)).rejects.toMatchObject({
      code: 'package/bad-compression',
    });
  });

  test.each([
    ['less', 0x97],
    ['more', 0x99],
  ])('xz: an index that tells of %s than there is is found out', async (_, low) => {
    const xz = await packXz(TEXT);
    // The index holds 920 as 0x98 0x07; its CRC-32 stands before the footer of twelve bytes.
    const at = xz.lastIndexOf(Buffer.from([0x98, 0x07]));
    const start = xz.lastIndexOf(Buffer.from([0x00, 0x01]), at);
    xz[at] = low;
    xz.writeUInt32LE(crc32(xz.subarray(start, xz.length - 16)), xz.length - 16);
    await expect(decompress('xz', xz, ENOUGH)).rejects.toMatchObject({ code: 'package/bad-compression' });
  });

  test('zstd: skippable frames are skipped', async () => {
    const [, text] = PACKED['zstd, size declared, no checksum']!;
    const skippable = Buffer.from('5e2a4d1803000000aabbcc', 'hex');
    const frames = Buffer.concat([skippable, Buffer.from(text, 'base64'), skippable]);
    expect((await decompress('zstd', frames, ENOUGH)).equals(TEXT)).toBe(true);
  });
});

describe.each<WritableCodec>(['none', 'gzip', 'xz', 'zstd'])('compress: %s', (codec) => {
  // Longer than a block of each codec but xz, and neither all alike nor all random.
  const content = Buffer.from(
    Array.from({ length: 200_000 }, (_, i) => `${(i * 7919) % 65_521} line ${i % 97}\n`).join(''),
  );
  const options = { level: 1 };

  test('comes back whole', async () => {
    expect(
      (await decompress(codec, await pack(codec, content, options), content.length)).equals(content),
    ).toBe(true);
  });

  test('gives the same bytes whatever the pieces', async () => {
    function* pieces() {
      for (let offset = 0; offset < content.length; offset += 77_777)
        yield content.subarray(offset, offset + 77_777);
    }
    const parts = await collect(compress(codec, Readable.from(pieces()), options));
    expect(parts.equals(await pack(codec, content, options))).toBe(true);
  });

  test('passes on the failure of its source', async () => {
    async function* failing() {
      yield TEXT;
      throw new Error('the disk is gone');
    }
    await expect(collect(compress(codec, failing(), options))).rejects.toThrowError('the disk is gone');
  });
});

test('gzip is one member without a time or a name, of any reader', async () => {
  const bytes = await pack('gzip', Buffer.alloc(3 * 2 ** 20 + 5, 'abcdefg'));
  expect(bytes.subarray(0, 10).toString('hex')).toBe('1f8b0800000000000003');
  expect(gunzipSync(bytes)).toHaveLength(3 * 2 ** 20 + 5);
});
