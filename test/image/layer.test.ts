import { describe, expect, test } from 'vitest';
import { readTar } from '../../src/formats/tar.ts';
import { type LayerOptions, writeLayer } from '../../src/image/layer.ts';
import type { Entry, Tree } from '../../src/rootfs/tree.ts';

const EPOCH = 1_700_000_000;
const META = { mode: 0o644, uid: 0, gid: 0, mtime: EPOCH };
const dir: Entry = { ...META, type: 'dir', mode: 0o755 };

function file(size: number): Entry {
  return { ...META, type: 'file', size };
}

async function layer(tree: Tree, open: LayerOptions['open'] = () => Buffer.alloc(0)): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of writeLayer(tree, { epoch: EPOCH, open })) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function* pieces(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

describe('writeLayer', () => {
  test('writes entries in byte order, whatever order the tree was filled in', async () => {
    const entries: [string, Entry][] = [
      ['a/b', file(0)],
      ['\xff', file(0)],
      ['a-b', file(0)],
      ['', dir],
      ['B', file(0)],
      ['a', dir],
    ];
    const forward = await layer(new Map(entries));
    expect(readTar(forward).map(({ path }) => path)).toEqual(['./', 'B', 'a/', 'a-b', 'a/b', '\xff']);
    expect(forward.equals(await layer(new Map(entries.reverse())))).toBe(true);
  });

  test('adds the directories that the tree leaves out', async () => {
    const found = readTar(await layer(new Map([['usr/bin/x', file(0)]])));
    expect(found.map(({ path }) => path)).toEqual(['./', 'usr/', 'usr/bin/', 'usr/bin/x']);
    expect(found[1]).toMatchObject({ type: 'dir', mode: 0o755, uid: 0, gid: 0, mtime: EPOCH });
  });

  test('carries content, whole or in pieces, and each kind of entry', async () => {
    const tree: Tree = new Map<string, Entry>([
      ['big', file(600_000)],
      ['c', { ...META, type: 'char', major: 1, minor: 3 }],
      ['f', { ...file(5), mode: 0o4755, uid: 3_000_000, xattrs: { 'security.capability': '\x01\xff' } }],
      ['p', { ...META, type: 'fifo' }],
      ['s', { ...META, type: 'symlink', target: '../x' }],
    ]);
    const open = (path: string) =>
      path === 'f' ? pieces('he', 'llo') : Promise.resolve(Buffer.alloc(600_000, 'x'));
    const found = readTar(await layer(tree, open));
    expect(found.map(({ path, type }) => [path, type])).toEqual([
      ['./', 'dir'],
      ['big', 'file'],
      ['c', 'char'],
      ['f', 'file'],
      ['p', 'fifo'],
      ['s', 'symlink'],
    ]);
    expect(found[1]?.body.equals(Buffer.alloc(600_000, 'x'))).toBe(true);
    expect(found[3]).toMatchObject({
      mode: 0o4755,
      uid: 3_000_000,
      xattrs: { 'security.capability': '\x01\xff' },
    });
    expect(found[3]?.body.toString()).toBe('hello');
    expect(found[5]?.link).toBe('../x');
  });

  test('the first name of a hardlinked file in byte order is the file, wherever the tree has its content', async () => {
    const tree: Tree = new Map<string, Entry>([
      ['m', { ...file(2), mode: 0o755, mtime: 5 }],
      ['a', { ...META, type: 'hardlink', target: 'm' }],
      ['z', { ...META, type: 'hardlink', target: 'a' }],
    ]);
    const opened: string[] = [];
    const found = readTar(
      await layer(tree, (path) => {
        opened.push(path);
        return Buffer.from('hi');
      }),
    );
    expect(found.slice(1).map(({ path, type, link, body }) => [path, type, link, body.toString()])).toEqual([
      ['a', 'file', '', 'hi'],
      ['m', 'hardlink', 'a', ''],
      ['z', 'hardlink', 'a', ''],
    ]);
    expect(found.slice(1).map(({ mode, mtime }) => [mode, mtime])).toEqual(Array(3).fill([0o755, 5]));
    expect(opened).toEqual(['m']);
  });

  test('no time is after the epoch, and older ones stay', async () => {
    const tree: Tree = new Map<string, Entry>([
      ['new', { ...file(0), mtime: EPOCH + 0.5 }],
      ['old', { ...file(0), mtime: 12.5 }],
    ]);
    expect(readTar(await layer(tree)).map(({ mtime }) => mtime)).toEqual([EPOCH, EPOCH, 12.5]);
  });

  test.each<[string, [string, Entry][], string]>([
    ['the owner -1', [['f', { ...file(0), uid: 2 ** 32 - 1 }]], 'target/bad-owner'],
    ['the group -1', [['f', { ...file(0), gid: 2 ** 32 - 1 }]], 'target/bad-owner'],
    ['a file that has shrunk', [['f', file(3)]], 'target/file-changed'],
    ['a file that has grown', [['f', file(1)]], 'target/file-changed'],
    ['a link to nothing', [['h', { ...META, type: 'hardlink', target: 'f' }]], 'internal/broken-tree'],
    [
      'a hardlink to a directory',
      [
        ['d', dir],
        ['h', { ...META, type: 'hardlink', target: 'd' }],
      ],
      'internal/broken-tree',
    ],
    ['a link to itself', [['h', { ...META, type: 'hardlink', target: 'h' }]], 'internal/broken-tree'],
    [
      'a file below a file',
      [
        ['f', file(2)],
        ['f/g', file(2)],
      ],
      'internal/broken-tree',
    ],
  ])('refuses %s', async (_, entries, code) => {
    await expect(layer(new Map(entries), () => Buffer.from('ab'))).rejects.toMatchObject({ code });
  });
});
