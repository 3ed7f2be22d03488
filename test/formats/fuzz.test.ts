import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MkbaseError } from '../../src/errors.ts';
import { readDeb } from '../../src/families/apt/package/deb.ts';
import { readAr } from '../../src/formats/ar.ts';
import { type Codec, decompress } from '../../src/formats/compress.ts';
import { readTar, type TarHead } from '../../src/formats/tar.ts';
import { endOfTar, tarHeader, tarPadding } from '../../src/formats/tar-writer.ts';
import { buildDeb } from '../support/deb.ts';
import { buildTar } from '../support/tar.ts';

const BLOCK = 512;
const RUNS = { numRuns: 500 };

/** Whatever the bytes: a value, or an error that a user can read. A hang would run into the time limit. */
async function survives(read: () => unknown): Promise<void> {
  try {
    await read();
  } catch (error) {
    expect(error).toBeInstanceOf(MkbaseError);
    expect((error as MkbaseError).code).toMatch(/^package\//);
  }
}

/** Bytes written over a sound archive, and perhaps a cut. */
function damaged(sound: Buffer): fc.Arbitrary<Buffer> {
  const change = fc.record({
    at: fc.nat(sound.length - 1),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
  });
  return fc
    .record({ changes: fc.array(change, { minLength: 1, maxLength: 8 }), length: fc.nat(sound.length) })
    .map(({ changes, length }) => {
      const bytes = Buffer.from(sound);
      for (const { at, bytes: over } of changes) bytes.set(over.subarray(0, bytes.length - at), at);
      return length % 4 === 0 ? bytes.subarray(0, length) : bytes;
    });
}

/** Puts the checksums right again: damage that gets past the first check. */
function resealed(bytes: Buffer): Buffer {
  for (let offset = 0; offset + BLOCK <= bytes.length; offset += BLOCK) {
    if (bytes.toString('latin1', offset + 257, offset + 262) !== 'ustar') continue;
    bytes.fill(0x20, offset + 148, offset + 156);
    const sum = bytes.subarray(offset, offset + BLOCK).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, offset + 148);
  }
  return bytes;
}

const TAR = buildTar([
  { path: './', type: 'directory' },
  { path: `./${'n'.repeat(120)}`, content: 'long' },
  { path: './pax', content: 'x'.repeat(600), pax: { mtime: '1.5', 'SCHILY.xattr.user.a': 'b', path: 'p' } },
  { path: './sparse', content: '1\n0\n5\n', pax: { 'GNU.sparse.realsize': '9', 'GNU.sparse.major': '1' } },
  { path: './dev', type: 'char', device: [1, 3] },
  { path: './link', type: 'symlink', target: 't'.repeat(120) },
]);

const CODECS: readonly Codec[] = ['none', 'gzip', 'xz', 'zstd', 'bzip2', 'lzma'];
const MAGIC: Readonly<Record<Codec, string>> = {
  none: '',
  gzip: '1f8b0800000000000003',
  xz: 'fd377a585a000001',
  zstd: '28b52ffd',
  bzip2: '425a6839314159265359',
  lzma: '5d00008000ffffffffffffffff',
};

describe('any bytes', () => {
  test('ar', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (bytes) =>
        survives(() => [...readAr(Buffer.concat([Buffer.from('!<arch>\n'), bytes]))]),
      ),
      RUNS,
    ));

  test('tar', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2048 }), (bytes) =>
        survives(() => readTar(Buffer.from(bytes))),
      ),
      RUNS,
    ));

  test.each(CODECS)('%s', (codec) =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (bytes) =>
        survives(() => decompress(codec, Buffer.concat([Buffer.from(MAGIC[codec], 'hex'), bytes]), 2 ** 20)),
      ),
      { numRuns: 200 },
    ),
  );
});

describe('damaged archives', () => {
  test('tar', () =>
    fc.assert(
      fc.asyncProperty(damaged(TAR), (bytes) => survives(() => readTar(resealed(bytes)))),
      RUNS,
    ));

  test.each(['none', 'gz', 'xz', 'zst', 'lzma'] as const)('deb, %s', async (dataCodec) => {
    const deb = await buildDeb({ name: 'a', files: { 'usr/f': 'hello' }, controlCodec: 'none', dataCodec });
    await fc.assert(
      fc.asyncProperty(damaged(deb), (bytes) => survives(() => readDeb(bytes))),
      { numRuns: 200 },
    );
  });
});

const byteString = (minLength: number, maxLength: number) =>
  fc
    .array(fc.integer({ min: 1, max: 255 }), { minLength, maxLength })
    .map((bytes) => Buffer.from(bytes).toString('latin1'));

/** Any entry that a filesystem can hold. */
const anyHead: fc.Arbitrary<TarHead & { content: string }> = fc
  .record({
    name: byteString(1, 300).filter((name) => !name.endsWith('/')),
    type: fc.constantFrom('file', 'dir', 'symlink', 'hardlink', 'char', 'block', 'fifo' as const),
    mode: fc.nat(0o7777),
    uid: fc.nat(2 ** 32 - 2),
    gid: fc.nat(2 ** 32 - 2),
    mtime: fc.oneof(
      fc.integer(),
      fc.integer({ min: 0, max: 2 ** 32 }),
      fc.integer().map((eighths) => eighths / 8),
    ),
    target: byteString(1, 300),
    content: byteString(0, 1100),
    device: fc.tuple(fc.nat(4095), fc.nat(1_048_575)),
    xattrs: fc.option(
      fc.dictionary(
        fc.constantFrom('user.a', 'user.b', 'security.capability', 'trusted.\xe9'),
        byteString(0, 30),
        { minKeys: 1, noNullPrototype: false },
      ),
      { nil: undefined },
    ),
  })
  .map(({ name, type, target, content, device, xattrs, ...meta }) => ({
    ...meta,
    type,
    path: type === 'dir' ? `${name}/` : name,
    size: type === 'file' ? content.length : 0,
    link: type === 'symlink' || type === 'hardlink' ? target : '',
    major: type === 'char' || type === 'block' ? device[0] : 0,
    minor: type === 'char' || type === 'block' ? device[1] : 0,
    ...(xattrs && { xattrs }),
    content: type === 'file' ? content : '',
  }));

test('what the tar writer writes, the reader reads', () =>
  fc.assert(
    fc.property(fc.array(anyHead, { maxLength: 5 }), (heads) => {
      const blocks = heads.flatMap(({ content, ...head }) => [
        tarHeader(head),
        Buffer.from(content, 'latin1'),
        tarPadding(content.length),
      ]);
      const found = readTar(Buffer.concat([...blocks, endOfTar()])).map(
        ({ body, uname, gname, records, ...head }) => ({
          ...head,
          content: body.toString('latin1'),
        }),
      );
      expect(found).toEqual(heads);
    }),
    { numRuns: 300 },
  ));
