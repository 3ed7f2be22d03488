import { spawnSync } from 'node:child_process';
import { extract } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import { readTar, type TarHead } from '../../src/formats/tar.ts';
import { endOfTar, tarHeader, tarPadding } from '../../src/formats/tar-writer.ts';

const PLAIN: TarHead = {
  path: 'f',
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: 1_600_000_000,
  size: 0,
  link: '',
  major: 0,
  minor: 0,
};

function readBack(head: TarHead): TarHead {
  const {
    body: _body,
    uname: _uname,
    gname: _gname,
    records: _records,
    ...rest
  } = readTar(tarHeader(head))[0]!;
  return rest;
}

describe('tarHeader', () => {
  test.each<[string, Partial<TarHead>, number]>([
    ['a plain file', {}, 1],
    ['setuid, setgid and sticky', { mode: 0o7777 }, 1],
    ['the largest owner of ustar', { uid: 2_097_151, gid: 2_097_151 }, 1],
    ['an owner of a user namespace', { uid: 3_000_000, gid: 4_294_967_294 }, 3],
    ['a Latin-1 name', { path: 'caf\xe9' }, 1],
    ['a UTF-8 name', { path: 'caf\xc3\xa9' }, 1],
    ['a newline in a name', { path: 'new\nline' }, 1],
    ['a name of 100 bytes', { path: 'n'.repeat(100) }, 1],
    ['a name of 101 bytes', { path: 'n'.repeat(101) }, 3],
    ['a path of 255 bytes that a slash divides', { path: `${'d'.repeat(154)}/${'n'.repeat(100)}` }, 1],
    ['a path that no slash divides well', { path: `${'d'.repeat(156)}/${'n'.repeat(100)}` }, 3],
    ['a path of 300 Latin-1 bytes', { path: `${'\xe9'.repeat(300)}\n` }, 3],
    ['a path that begins with a slash', { path: `/${'n'.repeat(100)}` }, 3],
    ['the time 0', { mtime: 0 }, 1],
    ['a time before 1970', { mtime: -86_400 }, 3],
    ['a part of a second', { mtime: 1_600_000_000.25 }, 3],
    ['a small part of a second', { mtime: 1e-7 }, 3],
    ['the year 2100', { mtime: 4_102_444_800 }, 1],
    ['a directory', { type: 'dir', path: 'd/' }, 1],
    ['a long directory', { type: 'dir', path: `${'d'.repeat(100)}/` }, 3],
    ['a symlink', { type: 'symlink', link: '../\xe9' }, 1],
    ['a symlink with a long target', { type: 'symlink', link: 't'.repeat(101) }, 3],
    ['a hardlink', { type: 'hardlink', link: 'f0' }, 1],
    ['a character device', { type: 'char', major: 5, minor: 2 }, 1],
    ['a block device', { type: 'block', major: 4095, minor: 1_048_575 }, 1],
    ['a fifo', { type: 'fifo' }, 1],
    ['capabilities', { xattrs: { 'security.capability': '\x01\0\0\x02\0\x20\0\n=\xff' } }, 3],
  ])('%s is read back as it was, and PAX is used only where needed', (_, fields, blocks) => {
    const head = { ...PLAIN, ...fields };
    expect(readBack(head)).toEqual(head);
    expect(tarHeader(head).length).toBe(blocks * 512);
  });

  test('a file of more than 8 GiB has its size in PAX', () => {
    const bytes = tarHeader({ ...PLAIN, size: 8 ** 11 });
    expect(bytes.toString('latin1', 512)).toMatch(/^19 size=8589934592\n/);
    expect(tarHeader({ ...PLAIN, size: 8 ** 11 - 1 }).length).toBe(512);
    expect(() => readTar(bytes)).toThrowError('ends inside the content');
  });

  test('attributes are written in order of their names, whatever order they came in', () => {
    const ab = tarHeader({ ...PLAIN, xattrs: { 'user.a': '1', 'user.b': '2' } });
    const ba = tarHeader({ ...PLAIN, xattrs: { 'user.b': '2', 'user.a': '1' } });
    expect(ab.equals(ba)).toBe(true);
  });

  test('an attribute with `=` in its name is refused', () => {
    expect(() => tarHeader({ ...PLAIN, xattrs: { 'user.a=b': '' } })).toThrowError(
      expect.objectContaining({ code: 'target/bad-attribute-name' }),
    );
  });

  test('owners have no names', () => {
    expect(readTar(tarHeader(PLAIN))[0]).toMatchObject({ uname: '', gname: '' });
  });
});

const SAMPLE = Buffer.concat([
  tarHeader({ ...PLAIN, path: './', type: 'dir', mode: 0o755 }),
  tarHeader({ ...PLAIN, path: `${'n'.repeat(300)}`, size: 3, uid: 200_000 }),
  Buffer.from('abc'),
  tarPadding(3),
  tarHeader({ ...PLAIN, path: 's', type: 'symlink', link: 't'.repeat(200) }),
  tarHeader({ ...PLAIN, path: 'x', xattrs: { 'user.k': 'v' } }),
  endOfTar(),
]);

describe('what is written is read by', () => {
  test('tar-stream', async () => {
    const reader = extract();
    reader.end(SAMPLE);
    const found = [];
    for await (const entry of reader) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      found.push([
        entry.header.name,
        entry.header.type,
        entry.header.linkname,
        Buffer.concat(chunks).toString(),
      ]);
    }
    expect(found).toEqual([
      ['./', 'directory', null, ''],
      ['n'.repeat(300), 'file', null, 'abc'],
      ['s', 'symlink', 't'.repeat(200), ''],
      ['x', 'file', null, ''],
    ]);
  });

  const hasGnuTar = /GNU tar/.test(spawnSync('tar', ['--version']).stdout?.toString() ?? '');

  test.skipIf(!hasGnuTar)('GNU tar, without a warning', () => {
    const options = [
      '--numeric-owner',
      '--utc',
      '--full-time',
      '--xattrs',
      '--xattrs-include=*',
      '-tvvf',
      '-',
    ];
    const { stdout, stderr } = spawnSync('tar', options, { input: SAMPLE });
    expect(stderr.toString()).toBe('');
    expect(stdout.toString().replace(/ +/g, ' ')).toBe(
      [
        'drwxr-xr-x 0/0 0 2020-09-13 12:26:40 ./',
        `-rw-r--r-- 200000/0 3 2020-09-13 12:26:40 ${'n'.repeat(300)}`,
        `lrw-r--r-- 0/0 0 2020-09-13 12:26:40 s -> ${'t'.repeat(200)}`,
        '-rw-r--r--* 0/0 0 2020-09-13 12:26:40 x',
        '',
      ].join('\n'),
    );
  });
});
