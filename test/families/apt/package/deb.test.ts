import { describe, expect, test } from 'vitest';
import { MkbaseError } from '../../../../src/errors.ts';
import { readDeb } from '../../../../src/families/apt/package/deb.ts';
import { compress, extension, type TestCodec } from '../../../support/codec.ts';
import { buildAr, buildDeb } from '../../../support/deb.ts';
import { buildTar } from '../../../support/tar.ts';

const CONTROL = 'Package: a\nVersion: 1\nInstalled-Size: 1\n';
const DATA = buildTar([
  { path: './', type: 'directory' },
  { path: './f', content: 'hello' },
]);
/** The same two entries, packed by bzip2. */
const DATA_BZ2 = Buffer.from(
  'QlpoOTFBWSZTWfbg1toAACbbgMmAQAHXgAADY0SeAAQIIABUJSnogaNB6QZPUEpJ6mnqepkANBnDSfE7qgwCRmua5BO6A4wJABzwVK6l8RERqYCDbXk4XKuK6tSBkJ8V63rYsOOOSA/F3JFOFCQ9uDW2gA==',
  'base64',
);

type Member = readonly [name: string, content: string | Buffer];

function control(text = CONTROL): Member {
  return ['control.tar', buildTar([{ path: './control', content: text }])];
}
const BINARY: Member = ['debian-binary', '2.0\n'];
const PLAIN_DATA: Member = ['data.tar', DATA];

function ar(...members: readonly Member[]): Buffer {
  return buildAr(
    members.map(([name, content]) => ({ name, content: Buffer.from(content), mtime: 1_650_000_000 })),
  );
}

const dotted = buildTar([
  { path: './control', content: CONTROL },
  { path: './.hidden', type: 'symlink', target: '/etc/passwd' },
  { path: './sub.d/', type: 'directory' },
  { path: './sub.d/x', content: 'x' },
  { path: './._control', content: 'resources' },
]);

describe('readDeb', () => {
  test('gives the control files, the entries and the time of the build', async () => {
    const deb = await buildDeb({
      name: 'a',
      files: { 'usr/bin/a': { content: 'program', mode: 0o755 }, 'etc/a.conf': 'setting' },
      control: { postinst: '#!/bin/sh\n' },
      built: 1_650_000_000,
    });
    const { control, entries, built } = await readDeb(deb);
    expect([...control.keys()]).toEqual(['control', 'md5sums', 'postinst']);
    expect(control.get('postinst')?.body.toString()).toBe('#!/bin/sh\n');
    expect(entries.map(({ path, type }) => `${type} ${path}`)).toEqual([
      'dir ./',
      'dir ./usr/',
      'dir ./usr/bin/',
      'file ./usr/bin/a',
      'dir ./etc/',
      'file ./etc/a.conf',
    ]);
    expect(entries[3]).toMatchObject({ mode: 0o755, body: Buffer.from('program') });
    expect(built).toBe(1_650_000_000);
  });

  const controlCodecs: readonly TestCodec[] = ['none', 'gz', 'xz', 'zst'];
  const dataCodecs: readonly TestCodec[] = [...controlCodecs, 'lzma'];
  const matrix = controlCodecs.flatMap((first) => dataCodecs.map((second) => [first, second] as const));

  test.each(matrix)('reads control %s with data %s', async (controlCodec, dataCodec) => {
    const { control, entries } = await readDeb(
      await buildDeb({ name: 'a', files: { f: 'hello' }, controlCodec, dataCodec }),
    );
    expect(control.get('control')?.body.toString()).toMatch(/^Package: a\n/);
    expect(entries[1]?.body.toString()).toBe('hello');
  });

  test.each(controlCodecs)('reads control %s with data bz2', async (codec) => {
    const packed: Member = [
      `control.tar${extension(codec)}`,
      await compress(Buffer.from(control()[1]), codec),
    ];
    const { entries } = await readDeb(ar(BINARY, packed, ['data.tar.bz2', DATA_BZ2]));
    expect(entries[1]?.body.toString()).toBe('hello');
  });

  test.each<[string, Member[]]>([
    ['a newer minor version', [['debian-binary', '2.1\n'], control(), PLAIN_DATA]],
    ['further lines in debian-binary', [['debian-binary', '2.0\nmore\n'], control(), PLAIN_DATA]],
    ['unknown members that begin with _', [BINARY, ['_x', 'a'], control(), ['_gpgorigin', 'bc'], PLAIN_DATA]],
    ['any member after the data', [BINARY, control(), PLAIN_DATA, ['later', 'x']]],
    ['a link in control that has a dot in its name', [BINARY, ['control.tar', dotted], PLAIN_DATA]],
    [
      'names that end in a slash',
      [
        ['debian-binary/', '2.0\n'],
        ['control.tar/', control()[1]],
        ['data.tar/', DATA],
      ],
    ],
  ])('takes %s', async (_, members) => {
    expect((await readDeb(ar(...members))).entries).toHaveLength(2);
  });

  test.each([
    ['wrong', 'Installed-Size: 1'],
    ['missing', 'Homepage: http://x'],
  ])('takes much content where Installed-Size is %s, as dpkg does', async (_, field) => {
    const much = Buffer.alloc(65 * 2 ** 20);
    const data: Member = ['data.tar.gz', await compress(buildTar([{ path: './f', content: much }]), 'gz')];
    const { entries } = await readDeb(ar(BINARY, control(CONTROL.replace('Installed-Size: 1', field)), data));
    expect(entries[0]?.size).toBe(much.length);
  });

  test.each([
    ['zeros', Buffer.alloc(700)],
    ['words', Buffer.from('-----BEGIN SIGNATURE-----\n')],
  ])('takes %s after the last member, which dpkg does not read', async (_, rest) => {
    const whole = Buffer.concat([ar(BINARY, control(), PLAIN_DATA), rest]);
    expect((await readDeb(whole)).entries).toHaveLength(2);
  });

  test.each([
    [0o644, 0o755],
    [0o400, 0o755],
    [0o755, 0o755],
    [0o555, 0o555],
  ])(
    'makes a preinst of mode %o one that can be started, and leaves the others to dpkg',
    async (mode, made) => {
      const scripts = buildTar([
        { path: './control', content: CONTROL },
        { path: './preinst', content: '#!/bin/sh\n', mode },
        { path: './postinst', content: '#!/bin/sh\n', mode },
      ]);
      const files = (await readDeb(ar(BINARY, ['control.tar', scripts], PLAIN_DATA))).control;
      expect([files.get('preinst')?.mode, files.get('postinst')?.mode]).toEqual([made, mode]);
    },
  );

  test('gives the names of owners where they are not plain root', async () => {
    const data = buildTar([
      { path: './root', content: '' },
      { path: './runner', content: '', user: 'root', group: 'root', uid: 1000, gid: 1000 },
      { path: './www', content: '', user: 'www-data', group: 'root' },
    ]);
    const { entries } = await readDeb(ar(BINARY, control(), ['data.tar', data]));
    expect(entries.map(({ owner }) => owner)).toEqual([
      undefined,
      { user: 'root', group: 'root' },
      { user: 'www-data', group: 'root' },
    ]);
  });

  test('sums up every name of a file where the package has no md5sums, as dpkg does', async () => {
    const data = buildTar([
      { path: './a', content: 'hello' },
      { path: './b', type: 'hardlink', target: './a' },
    ]);
    const { control: files } = await readDeb(ar(BINARY, control(), ['data.tar', data]));
    const sum = '5d41402abc4b2a76b9719d911017c592';
    expect(files.get('md5sums')?.body.toString()).toBe(`${sum}  a\n${sum}  b\n`);
  });

  test('takes control files without `./` before their names', async () => {
    const plain: Member = ['control.tar', buildTar([{ path: 'control', content: CONTROL }])];
    expect((await readDeb(ar(BINARY, plain, PLAIN_DATA))).control.get('control')?.body.toString()).toBe(
      CONTROL,
    );
  });
});

describe('refuses, each with its own message,', () => {
  const link = buildTar([
    { path: './control', content: CONTROL },
    { path: './postinst', type: 'symlink', target: '/etc/passwd' },
  ]);
  const outside = buildTar([
    { path: './control', content: CONTROL },
    { path: '../postinst', content: 'x' },
  ]);

  const bad: [string, Buffer, string, string][] = [
    ['an empty file', Buffer.alloc(0), 'package/bad-ar', 'it is too short'],
    ['something else', Buffer.from('<html>moved</html>'), 'package/bad-ar', 'does not begin with `!<arch>`'],
    ['an empty archive', ar(), 'package/not-a-deb', 'does not begin with the member `debian-binary`'],
    [
      'another archive',
      ar(['x.o', '']),
      'package/not-a-deb',
      'does not begin with the member `debian-binary`',
    ],
    ['the format of 1995', Buffer.from('0.939000\n174\n'), 'package/old-format', 'format 0.939'],
    ['version 1.0', ar(['debian-binary', '1.0\n']), 'package/unsupported-version', 'holds version 1.0'],
    ['version 3.0', ar(['debian-binary', '3.0\n']), 'package/unsupported-version', 'holds version 3.0'],
    ['no version', ar(['debian-binary', 'two\n']), 'package/unsupported-version', 'holds no version'],
    ['no control', ar(BINARY), 'package/missing-member', '`control.tar` is missing'],
    ['no data', ar(BINARY, control()), 'package/missing-member', '`data.tar` is missing'],
    [
      'data first',
      ar(BINARY, PLAIN_DATA, control()),
      'package/unexpected-member',
      '`data.tar` stands where `control.tar`',
    ],
    [
      'control twice',
      ar(BINARY, control(), control()),
      'package/unexpected-member',
      '`control.tar` stands where `data.tar`',
    ],
    [
      'a stray member',
      ar(BINARY, control(), ['x', ''], PLAIN_DATA),
      'package/unexpected-member',
      '`x` stands where',
    ],
    [
      'bz2 control',
      ar(BINARY, ['control.tar.bz2', DATA_BZ2]),
      'package/unknown-compression',
      '`control.tar.bz2`',
    ],
    [
      'a new codec',
      ar(BINARY, control(), ['data.tar.br', '']),
      'package/unknown-compression',
      '`data.tar.br`',
    ],
    [
      'a wrong codec',
      ar(BINARY, control(), ['data.tar.xz', DATA]),
      'package/bad-compression',
      'cannot unpack xz data',
    ],
    [
      'control that is no tar',
      ar(BINARY, ['control.tar', 'x'.repeat(600)], PLAIN_DATA),
      'package/bad-tar',
      'checksum',
    ],
    [
      'control without control',
      ar(BINARY, ['control.tar', DATA], PLAIN_DATA),
      'package/bad-control',
      'has no file `control`',
    ],
    [
      'no Package',
      ar(BINARY, control('Version: 1\n'), PLAIN_DATA),
      'package/bad-control',
      'names no Package',
    ],
    [
      'no Version',
      ar(BINARY, control('Package: a\nVersion:\n'), PLAIN_DATA),
      'package/bad-control',
      'names no Version',
    ],
    [
      'a link in control',
      ar(BINARY, ['control.tar', link], PLAIN_DATA),
      'package/bad-control',
      '`./postinst`, which is',
    ],
    [
      'a way out of control',
      ar(BINARY, ['control.tar', outside], PLAIN_DATA),
      'package/bad-control',
      '`../postinst`',
    ],
    [
      'data that are no tar',
      ar(BINARY, control(), ['data.tar', 'x'.repeat(600)]),
      'package/bad-tar',
      'checksum',
    ],
  ];

  test.each(bad)('%s', async (_, bytes, code, message) => {
    const error = await readDeb(bytes).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MkbaseError);
    expect(error).toMatchObject({
      code,
      message: expect.stringContaining(message),
      hint: expect.any(String),
    });
    expect((error as MkbaseError).message).not.toMatch(/\n|\.$/);
  });

  test('data beyond what the host can bear, whatever the Installed-Size, and says so', async () => {
    const limits = { control: 2 ** 20, data: 1000 };
    const declared = control(CONTROL.replace('Size: 1', 'Size: 999999999'));
    await expect(readDeb(ar(BINARY, declared, PLAIN_DATA), limits)).rejects.toMatchObject({
      code: 'package/beyond-memory',
      message: 'its files have more than 1000 bytes',
      hint: expect.stringContaining('of which this host has no more'),
    });
  });

  test('control beyond its cap', async () => {
    await expect(
      readDeb(ar(BINARY, control(), PLAIN_DATA), { control: 10, data: 2 ** 20 }),
    ).rejects.toMatchObject({
      code: 'package/decompression-bomb',
    });
  });

  test.each<TestCodec>(['none', 'gz', 'xz', 'zst', 'lzma'])(
    'a package cut short at every kilobyte, data %s',
    async (dataCodec) => {
      const noise = Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * i * 31 + (i >> 3)) % 251));
      const deb = await buildDeb({ name: 'a', files: { f: noise }, dataCodec });
      expect(deb.length).toBeGreaterThan(2048);
      for (let length = 0; length < deb.length; length += 1024) {
        await expect(readDeb(deb.subarray(0, length)), `${length}`).rejects.toBeInstanceOf(MkbaseError);
      }
    },
  );
});
