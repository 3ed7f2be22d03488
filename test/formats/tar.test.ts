import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import { MkbaseError } from '../../src/errors.ts';
import { readTar, type TarEntry } from '../../src/formats/tar.ts';
import { buildTar, type TarSpec } from '../support/tar.ts';

const BLOCK = 512;
const END = Buffer.alloc(2 * BLOCK);

interface RawFields {
  readonly name?: string;
  readonly flag?: string;
  readonly mode?: string;
  readonly uid?: string;
  readonly size?: string;
  readonly mtime?: string;
  readonly link?: string;
  readonly magic?: string;
  /** Bytes written over the header before it is summed. */
  readonly at?: Readonly<Record<number, string>>;
}

/** One header, field by field as text, so that each dialect can be written as it is. */
function header(fields: RawFields): Buffer {
  const { name = 'f', flag = '0', mode = '0000644\0', uid = '0000000\0', size = '', mtime = '' } = fields;
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 'latin1');
  block.write(mode, 100, 'latin1');
  block.write(uid, 108, 'latin1');
  block.write(size, 124, 'latin1');
  block.write(mtime, 136, 'latin1');
  block.write(flag, 156, 'latin1');
  block.write(fields.link ?? '', 157, 'latin1');
  block.write(fields.magic ?? 'ustar\x0000', 257, 'latin1');
  for (const [offset, text] of Object.entries(fields.at ?? {})) block.write(text, Number(offset), 'latin1');
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function content(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
}

function octal(value: number): string {
  return `${value.toString(8).padStart(11, '0')}\0`;
}

function extension(flag: string, text: string): Buffer {
  return Buffer.concat([header({ flag, size: octal(text.length) }), content(text)]);
}

function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}

function only(...blocks: Buffer[]): TarEntry {
  const entries = readTar(Buffer.concat([...blocks, END]));
  expect(entries).toHaveLength(1);
  return entries[0]!;
}

describe('headers', () => {
  test('v7: no magic, a directory by its slash', () => {
    const v7 = { magic: '\0\0\0\0\0\0\0\0', flag: '\0' };
    expect(only(header({ ...v7, name: 'bin/' }))).toMatchObject({ path: 'bin/', type: 'dir', uname: '' });
    expect(only(header({ ...v7, name: 'bin' }))).toMatchObject({ path: 'bin', type: 'file' });
  });

  test('ustar: the prefix stands before the name', () => {
    expect(only(header({ name: 'name', at: { 345: 'a/prefix' } })).path).toBe('a/prefix/name');
  });

  test('GNU: what stands in the place of the prefix is none', () => {
    expect(only(header({ magic: 'ustar  \0', at: { 345: '14000000000\0' } })).path).toBe('f');
  });

  test('a name may fill its field to the last byte', () => {
    expect(only(header({ name: 'n'.repeat(100) })).path).toBe('n'.repeat(100));
  });

  test('numbers: blanks around octal digits, nothing for 0, base-256 for large and negative', () => {
    expect(only(header({ uid: '   17 \0\0' })).uid).toBe(15);
    expect(only(header({ uid: '        ' })).uid).toBe(0);
    expect(only(header({ uid: '\x80\0\0\0\0\x2d\xc6\xc0' })).uid).toBe(3_000_000);
    expect(only(header({ mtime: '\xff'.repeat(12) })).mtime).toBe(-1);
    expect(only(header({ mtime: `\x80${'\0'.repeat(6)}\x01\x02\x03\x04\x05` })).mtime).toBe(0x102030405);
  });

  test('modes are cut to the twelve permission bits', () => {
    expect(only(header({ mode: '0104755\0' })).mode).toBe(0o4755);
  });

  test('each type has its own fields and no others', () => {
    const entries = readTar(
      buildTar([
        { path: './d', type: 'directory', mode: 0o1777 },
        { path: './f', content: 'hello' },
        { path: './s', type: 'symlink', target: '../t' },
        { path: './h', type: 'hardlink', target: './f' },
        { path: './c', type: 'char', device: [1, 3] },
        { path: './b', type: 'block', device: [259, 70000] },
        { path: './p', type: 'fifo' },
      ]),
    );
    expect(
      entries.map(({ path, type, size, link, major, minor }) => [path, type, size, link, major, minor]),
    ).toEqual([
      ['./d/', 'dir', 0, '', 0, 0],
      ['./f', 'file', 5, '', 0, 0],
      ['./s', 'symlink', 0, '../t', 0, 0],
      ['./h', 'hardlink', 0, './f', 0, 0],
      ['./c', 'char', 0, '', 1, 3],
      ['./b', 'block', 0, '', 259, 70000],
      ['./p', 'fifo', 0, '', 0, 0],
    ]);
  });

  test('a size on a link or directory is not followed by content', () => {
    const entries = readTar(
      Buffer.concat([
        header({ name: 'd/', flag: '5', size: octal(4096) }),
        header({ name: 'h', flag: '1', link: 'f', size: octal(9) }),
        header({ name: 'f', size: octal(2) }),
        content('ok'),
      ]),
    );
    expect(entries.map(({ path, body }) => [path, body.toString()])).toEqual([
      ['d/', ''],
      ['h', ''],
      ['f', 'ok'],
    ]);
  });

  test('hostile and odd names are kept byte for byte', () => {
    for (const path of ['/etc/passwd', '../../x', './caf\xe9', 'new\nline', '\x01', 'a//b/./c']) {
      expect(only(header({ name: path })).path).toBe(path);
    }
  });

  test('a signed checksum, as old programs wrote it, is right too', () => {
    const block = header({ name: '\xe9\xe9' });
    const unsigned = Number.parseInt(block.toString('latin1', 148, 154), 8);
    block.write((unsigned - 512).toString(8).padStart(6, '0'), 148);
    expect(only(block).path).toBe('\xe9\xe9');
  });

  test('bodies are views and not copies', () => {
    const bytes = buildTar([{ path: 'f', content: 'hello' }]);
    expect(readTar(bytes)[0]?.body.buffer).toBe(bytes.buffer);
  });
});

describe('the end', () => {
  test('what follows a block of zeros is not read', () => {
    expect(readTar(Buffer.concat([header({}), END, Buffer.from('trailing junk')]))).toHaveLength(1);
  });

  test('a segment without zeros, as in an .apk, ends with its last entry', () => {
    expect(readTar(Buffer.concat([header({ size: octal(2) }), content('ab')]))).toHaveLength(1);
    expect(readTar(Buffer.alloc(0))).toEqual([]);
  });
});

describe('long names of GNU', () => {
  test('stand in for the names of the next entry only', () => {
    const entries = readTar(
      Buffer.concat([
        extension('K', `${'t'.repeat(300)}\0`),
        extension('L', `${'n'.repeat(300)}\0`),
        header({ name: 'cut', flag: '2', link: 'cut' }),
        header({ name: 'next', flag: '2', link: 'there' }),
      ]),
    );
    expect(entries.map(({ path, link }) => [path, link])).toEqual([
      ['n'.repeat(300), 't'.repeat(300)],
      ['next', 'there'],
    ]);
  });
});

describe('PAX', () => {
  test('records go over the header: path, link, owners, times, attributes', () => {
    const records = [
      record('path', `caf\xe9/${'p'.repeat(300)}`),
      record('uid', '3000000'),
      record('gid', '4294967294'),
      record('uname', 'someone'),
      record('mtime', '1700000000.25'),
      record('SCHILY.xattr.security.capability', '\x01\0\0\x02\0\n=\xff'),
      record('comment', ''),
    ];
    expect(only(extension('x', records.join('')), header({}))).toMatchObject({
      path: `caf\xe9/${'p'.repeat(300)}`,
      uid: 3_000_000,
      gid: 4_294_967_294,
      uname: 'someone',
      mtime: 1_700_000_000.25,
      xattrs: { 'security.capability': '\x01\0\0\x02\0\n=\xff' },
    });
    expect(
      only(extension('x', record('linkpath', 't'.repeat(200))), header({ flag: '2', link: 'cut' })).link,
    ).toBe('t'.repeat(200));
  });

  test('a size in a record tells where the content ends', () => {
    const entries = readTar(
      Buffer.concat([
        extension('x', record('size', '600')),
        header({}),
        content('x'.repeat(600)),
        header({}),
      ]),
    );
    expect(entries.map(({ size }) => size)).toEqual([600, 0]);
  });

  test('a time may be negative', () => {
    expect(only(extension('x', record('mtime', '-1.5')), header({})).mtime).toBe(-1.5);
  });

  test('global records hold for all that follow, local ones for one, and an empty value takes one back', () => {
    const entries = readTar(
      Buffer.concat([
        extension('g', record('uid', '7') + record('gid', '8')),
        header({ name: 'a' }),
        extension('x', record('uid', '9') + record('gid', '')),
        header({ name: 'b' }),
        header({ name: 'c' }),
      ]),
    );
    expect(entries.map(({ path, uid, gid }) => [path, uid, gid])).toEqual([
      ['a', 7, 8],
      ['b', 9, 0],
      ['c', 7, 8],
    ]);
  });

  test('an attribute may be named like a property of every object', () => {
    const { xattrs } = only(extension('x', record('SCHILY.xattr.__proto__', 'v')), header({}));
    expect(Object.entries(xattrs ?? {})).toEqual([['__proto__', 'v']]);
  });
});

describe('what every entry has is held once', () => {
  const attributes = (count: number) =>
    Array.from({ length: count }, (_, at) => record(`SCHILY.xattr.user.${at}`, 'v')).join('');

  test('attributes of a global header', () => {
    const [a, b, c] = readTar(
      Buffer.concat([
        ...[extension('g', attributes(64)), header({ name: 'a' }), header({ name: 'b' })],
        ...[extension('x', record('uid', '9')), header({ name: 'c' })],
      ]),
    );
    expect(Object.keys(a!.xattrs!)).toHaveLength(64);
    expect(b!.xattrs).toBe(a!.xattrs);
    expect(c!.xattrs).toEqual(a!.xattrs);
  });

  test('of which there are only so many', () => {
    expect(() =>
      readTar(Buffer.concat([extension('g', attributes(65)), header({ name: 'a' })])),
    ).toThrowError(
      expect.objectContaining({ code: 'package/bad-tar', message: expect.stringContaining('many global') }),
    );
  });
});

test('the padding after the last file may be missing, but not a byte of the file', () => {
  const tar = Buffer.concat([header({ name: 'a', size: octal(5) }), Buffer.from('hello')]);
  expect(readTar(tar)[0]!.body.toString()).toBe('hello');
  expect(() => readTar(tar.subarray(0, -1))).toThrowError(
    expect.objectContaining({ code: 'package/bad-tar' }),
  );
});

test('a name that no system call takes is refused, and a target too', () => {
  const long = 'n/'.repeat(2048);
  for (const spec of [{ path: long }, { path: 'l', type: 'symlink', target: long }] satisfies TarSpec[]) {
    expect(() => readTar(buildTar([spec]))).toThrowError(
      expect.objectContaining({ code: 'package/name-too-long' }),
    );
  }
  expect(readTar(buildTar([{ path: long.slice(0, 4095) }]))[0]!.path).toHaveLength(4095);
});

describe('sparse files', () => {
  const whole = `${'\0'.repeat(1000)}abc${'\0'.repeat(497)}de${'\0'.repeat(10)}`;
  const stored = content('abcde');
  const size = octal(5);

  test('old GNU, with its map in the header and in blocks after it', () => {
    const map = { 386: octal(1000) + octal(3), 410: octal(1500) + octal(2), 483: octal(1512) };
    const short = header({ magic: 'ustar  \0', flag: 'S', size, at: map });
    expect(only(short, stored).body.toString('latin1')).toBe(whole);
    const long = header({
      magic: 'ustar  \0',
      flag: 'S',
      size,
      at: { 386: octal(1000) + octal(3), 482: '\x01', 483: octal(1512) },
    });
    const more = Buffer.alloc(BLOCK);
    more.write(octal(1500) + octal(2), 0, 'latin1');
    expect(only(long, more, stored)).toMatchObject({ type: 'file', size: 1512 });
    expect(only(long, more, stored).body.toString('latin1')).toBe(whole);
  });

  test.each([
    [
      '0.0',
      [
        ['size', '1512'],
        ['numblocks', '2'],
        ['offset', '1000'],
        ['numbytes', '3'],
        ['offset', '1500'],
        ['numbytes', '2'],
      ],
      '',
    ],
    [
      '0.1',
      [
        ['size', '1512'],
        ['numblocks', '2'],
        ['map', '1000,3,1500,2'],
        ['name', 'real'],
      ],
      '',
    ],
    [
      '1.0',
      [
        ['major', '1'],
        ['minor', '0'],
        ['realsize', '1512'],
        ['name', 'real'],
      ],
      '2\n1000\n3\n1500\n2\n',
    ],
  ])('PAX %s', (version, records, map) => {
    const text = records.map(([key, value]) => record(`GNU.sparse.${key}`, value!)).join('');
    const mapBlock = map === '' ? Buffer.alloc(0) : content(map);
    const file = header({ name: './GNUSparseFile.1/f', size: octal(mapBlock.length + 5) });
    const entry = only(extension('x', text), file, mapBlock, stored);
    expect(entry.body.toString('latin1')).toBe(whole);
    expect(entry.path).toBe(version === '0.0' ? './GNUSparseFile.1/f' : 'real');
  });

  test('holes beyond reason are refused, in one file or in many', () => {
    const map = (bytes: number) => ({ magic: 'ustar  \0', flag: 'S', at: { 483: octal(bytes) } });
    const bomb =
      (...blocks: Buffer[]) =>
      () =>
        readTar(Buffer.concat(blocks));
    const code = expect.objectContaining({ code: 'package/decompression-bomb' });
    expect(bomb(header(map(8 ** 10)))).toThrowError(code);
    const half = header(map(130 * 2 ** 20));
    expect(bomb(half, half)).toThrowError(code);
  });

  test('a map that does not fit is refused', () => {
    const beyond = {
      magic: 'ustar  \0',
      flag: 'S',
      size,
      at: { 386: octal(1511) + octal(3), 483: octal(1512) },
    };
    expect(() => readTar(Buffer.concat([header(beyond), stored]))).toThrowError('does not fit its content');
  });
});

describe('refuses', () => {
  test.each<[string, Buffer, string]>([
    ['a header cut short', header({}).subarray(0, 300), 'ends inside the header at byte 0'],
    ['a wrong checksum', Buffer.from(header({}).map((byte, i) => (i === 0 ? byte + 1 : byte))), 'checksum'],
    ['content cut short', header({ size: octal(10) }), 'ends inside the content'],
    [
      'an absurd size',
      header({ size: `\x80${'\0'.repeat(4)}\x10${'\0'.repeat(6)}` }),
      'ends inside the content',
    ],
    ['a size beyond all numbers', header({ size: `\x80${'\xff'.repeat(11)}` }), 'out of range'],
    ['a negative size', header({ size: '\xff'.repeat(12) }), 'negative'],
    ['a negative owner', header({ uid: '\xff'.repeat(8) }), 'negative'],
    ['a number that is none', header({ uid: '12x\0' }), 'not an octal number'],
    ['an unknown type', header({ flag: 'M' }), '`f` is of the unknown type "M"'],
    ['an entry without a name', header({ name: '' }), 'has no name'],
    ['a link without a target', header({ flag: '2' }), 'has no target'],
    ['a NUL in a long name', Buffer.concat([extension('L', 'a\0b\0'), header({})]), 'a name holds a NUL'],
    [
      'a NUL in a PAX path',
      Buffer.concat([extension('x', record('path', 'a\0b')), header({})]),
      'holds a NUL',
    ],
    ['a PAX record without length', Buffer.concat([extension('x', 'path=x\n'), header({})]), 'malformed'],
    ['a PAX record that runs over', Buffer.concat([extension('x', '99 path=x\n'), header({})]), 'malformed'],
    ['a PAX record without key', Buffer.concat([extension('x', '5 ab\n'), header({})]), 'malformed'],
    [
      'a PAX owner that is not a number',
      Buffer.concat([extension('x', record('uid', '-1')), header({})]),
      '`uid`',
    ],
    [
      'a PAX time that is not a number',
      Buffer.concat([extension('x', record('mtime', '1e9')), header({})]),
      '`mtime`',
    ],
    [
      'a name of two megabytes',
      Buffer.concat([extension('L', 'n'.repeat(2 ** 21)), header({})]),
      'absurdly long',
    ],
    [
      'thousands of global records',
      extension('g', Array.from({ length: 2000 }, (_, i) => record(`k${i}`, '')).join('')),
      'absurdly many',
    ],
    ['an extension at the end', extension('x', record('uid', '1')), 'ends after an extension header'],
    ['a long name at the end', Buffer.concat([extension('L', 'n\0'), END]), 'ends after an extension header'],
  ])('%s', (_, bytes, reason) => {
    const read = () => readTar(bytes);
    expect(read).toThrowError(MkbaseError);
    expect(read).toThrowError(reason);
    expect(read).toThrowError(expect.objectContaining({ code: 'package/bad-tar' }));
  });
});

describe('archives of others', () => {
  test('tar-stream', async () => {
    const writer = pack();
    writer.entry({ name: 'd', type: 'directory', mode: 0o755 });
    writer.entry({ name: `d/${'n'.repeat(200)}`, mtime: new Date(1_600_000_000_000), uid: 1000 }, 'hello');
    writer.entry({ name: 'l', type: 'symlink', linkname: 'd' });
    writer.entry({ name: 'x', pax: { 'SCHILY.xattr.user.a': 'b' } }, '');
    writer.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of writer) chunks.push(chunk as Buffer);
    expect(readTar(Buffer.concat(chunks))).toMatchObject([
      { path: 'd', type: 'dir', mode: 0o755 },
      { path: `d/${'n'.repeat(200)}`, type: 'file', uid: 1000, mtime: 1_600_000_000, size: 5 },
      { path: 'l', type: 'symlink', link: 'd' },
      { path: 'x', type: 'file', xattrs: { 'user.a': 'b' } },
    ]);
  });

  const hasGnuTar = /GNU tar/.test(spawnSync('tar', ['--version']).stdout?.toString() ?? '');
  const formats = ['v7', 'oldgnu', 'gnu', 'ustar', 'posix'];
  const sparse = ['--format=gnu', '--sparse-version=0.0', '--sparse-version=0.1', '--sparse-version=1.0'];

  describe.skipIf(!hasGnuTar)('GNU tar', () => {
    const archive = (script: string, ...options: string[]): TarEntry[] => {
      const directory = mkdtempSync(join(tmpdir(), 'mkbase-tar-'));
      try {
        execFileSync('sh', ['-ec', script], { cwd: directory });
        const bytes = execFileSync('tar', [...options, '--sort=name', '--mtime=@1600000000', '-c', '.'], {
          cwd: directory,
        });
        return readTar(bytes);
      } finally {
        rmSync(directory, { recursive: true });
      }
    };

    test.each(formats)('--format=%s', (format) => {
      const script = 'mkdir d; printf hello > d/f; ln d/f d/g; ln -s f d/s; chmod 4711 d/f';
      const entries = archive(script, `--format=${format}`, '--owner=0', '--group=0');
      expect(entries.map(({ path, type, link, body }) => [path, type, link, body.toString()])).toEqual([
        ['./', 'dir', '', ''],
        ['./d/', 'dir', '', ''],
        ['./d/f', 'file', '', 'hello'],
        ['./d/g', 'hardlink', './d/f', ''],
        ['./d/s', 'symlink', 'f', ''],
      ]);
      expect(entries[2]).toMatchObject({ mode: 0o4711, mtime: 1_600_000_000, uid: 0 });
    });

    test.each(['oldgnu', 'gnu', 'posix'])('--format=%s: long names, large owners', (format) => {
      const name = 'n'.repeat(250);
      const entries = archive(
        `touch ${name}; ln -s ${name} s`,
        `--format=${format}`,
        '--owner=3000000',
        '--group=0',
      );
      expect(entries.slice(1)).toMatchObject([
        { path: `./${name}`, uid: 3_000_000 },
        { path: './s', link: name },
      ]);
    });

    test.each(sparse)('--sparse %s', (option) => {
      const script =
        'for i in 1 2 3 4 5 6 7; do printf $i | dd of=f bs=1 seek=$((i * 100000)) conv=notrunc status=none; done';
      const options = option.startsWith('--sparse') ? ['--format=posix', option] : [option];
      const body = archive(script, '--sparse', ...options)[1]!.body;
      const expected = Buffer.alloc(700_001);
      for (let i = 1; i <= 7; i++) expected.write(String(i), i * 100_000);
      expect(body.equals(expected)).toBe(true);
    });
  });
});
