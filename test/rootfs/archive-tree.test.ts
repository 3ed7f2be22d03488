import { describe, expect, test } from 'vitest';
import { readTarItems } from '../../src/formats/tar.ts';
import { bufferSource, contentPieces } from '../../src/formats/tar-source.ts';
import { ArchiveTreeBuilder, treeOfArchive } from '../../src/rootfs/archive-tree.ts';
import { buildTar, type TarSpec } from '../support/tar.ts';

function read(...specs: TarSpec[]) {
  const source = bufferSource(buildTar(specs));
  const { tree, contents } = treeOfArchive(readTarItems(source, 0));
  const text = (path: string) => Buffer.concat([...contentPieces(source, contents.get(path)!)]).toString();
  return { tree, text, paths: [...tree.keys()] };
}

describe('what would be there after the tar was unpacked', () => {
  test('paths are taken with `./` before them and without', () => {
    expect(
      read({ path: './', type: 'directory' }, { path: './etc/', type: 'directory' }, { path: 'etc/x' }).paths,
    ).toEqual(['', 'etc', 'etc/x']);
  });

  test('the last of several entries with a path counts', () => {
    const { tree, text } = read({ path: 'x', content: 'old' }, { path: 'x', content: 'newer', mode: 0o600 });
    expect(tree.get('x')).toMatchObject({ type: 'file', size: 5, mode: 0o600 });
    expect(text('x')).toBe('newer');
  });

  test('another name keeps the content that it was made for', () => {
    const { tree, text } = read(
      { path: 'b', content: 'old' },
      { path: 'c', type: 'hardlink', target: 'b' },
      { path: 'a', type: 'hardlink', target: './c' },
      { path: 'b', content: 'new' },
    );
    expect(tree.get('a')).toMatchObject({ type: 'file', size: 3 });
    expect(tree.get('c')).toMatchObject({ type: 'hardlink', target: 'a' });
    expect([text('a'), text('b')]).toEqual(['old', 'new']);
  });

  test('a path through a link goes to where the link leads, inside the root', () => {
    const { paths } = read(
      { path: 'usr/bin', type: 'directory' },
      { path: 'bin', type: 'symlink', target: 'usr/bin' },
      { path: 'bin/sh' },
      { path: 'out', type: 'symlink', target: '../../../etc' },
      { path: 'out/passwd' },
      { path: 'abs', type: 'symlink', target: '/etc' },
      { path: 'abs/group' },
    );
    expect(paths).toEqual(['abs', 'bin', 'etc/group', 'etc/passwd', 'out', 'usr/bin', 'usr/bin/sh']);
  });

  test('a file in the place of a directory takes away what was in it', () => {
    expect(
      read({ path: 'd', type: 'directory' }, { path: 'd/x' }, { path: 'd' }, { path: 'd-x' }).paths,
    ).toEqual(['d', 'd-x']);
  });

  test('so it is where the directory has no entry of its own', () => {
    expect(read({ path: 'd/x' }, { path: 'd/e/y' }, { path: 'd' }).paths).toEqual(['d']);
    expect(read({ path: 'd/x' }, { path: 'e' }, { path: 'd', type: 'hardlink', target: 'e' }).paths).toEqual([
      ...['d', 'e'],
    ]);
  });

  test('absolute names and targets begin at the root, which may have an entry `/`', () => {
    const { tree, text } = read(
      { path: '/', type: 'directory', mode: 0o700 },
      { path: '/bin/a', content: 'a' },
      { path: '/bin/b', type: 'hardlink', target: '/bin/a' },
    );
    expect([...tree.keys()]).toEqual(['', 'bin/a', 'bin/b']);
    expect(tree.get('')).toMatchObject({ type: 'dir', mode: 0o700 });
    expect(text('bin/b')).toBe('a');
  });

  test('what is taken away goes with all in it, and a file stays under its other names', () => {
    const builder = new ArchiveTreeBuilder<null>();
    const add = (...specs: TarSpec[]) => {
      for (const item of readTarItems(bufferSource(buildTar(specs)), 0)) builder.add(item, null);
    };
    add(
      { path: 'd', type: 'directory' },
      { path: 'd/a' },
      { path: 'd/e/x' },
      { path: 'b', type: 'hardlink', target: 'd/a' },
      { path: 'l', type: 'symlink', target: 'd' },
    );
    builder.remove('l/a', { self: true });
    builder.remove('not/there', { self: true });
    expect([...builder.finish().tree].map(([path, { type }]) => [path, type])).toEqual([
      ...[
        ['b', 'file'],
        ['d', 'dir'],
        ['d/e/x', 'file'],
        ['l', 'symlink'],
      ],
    ]);
    builder.remove('l', { self: false });
    expect([...builder.finish().tree.keys()]).toEqual(['b', 'd', 'l']);
  });

  test('a directory again changes only its own mode', () => {
    const { tree } = read(
      { path: 'd', type: 'directory' },
      { path: 'd/x' },
      { path: 'd', type: 'directory', mode: 0o700 },
    );
    expect(tree.get('d')).toMatchObject({ type: 'dir', mode: 0o700 });
    expect(tree.has('d/x')).toBe(true);
  });

  test('owners, modes, attributes, devices, bytes of names and large ids stay as they are', () => {
    const name = `caf\xe9\n${'n'.repeat(300)}`;
    const { tree } = read(
      {
        path: name,
        content: '',
        mode: 0o4755,
        uid: 3_000_000,
        gid: 4_294_967_294,
        pax: { 'SCHILY.xattr.user.x': 'v', mtime: '1600000000.25' },
      },
      { path: 'dev/null', type: 'char', device: [1, 3], mode: 0o666 },
      { path: 'fifo', type: 'fifo' },
    );
    expect(tree.get(name)).toEqual({
      ...{ type: 'file', size: 0, mode: 0o4755, uid: 3_000_000, gid: 4_294_967_294 },
      ...{ mtime: 1_600_000_000.25, xattrs: { 'user.x': 'v' } },
    });
    expect(tree.get('dev/null')).toMatchObject({ type: 'char', major: 1, minor: 3, mode: 0o666 });
    expect(tree.get('fifo')).toMatchObject({ type: 'fifo' });
  });
});

describe('work grows with the archive', () => {
  const link = (name: string, target: string): TarSpec => ({ path: name, type: 'symlink', target });

  test('for links of many parts', () => {
    const parts = './'.repeat(2000);
    const chain = Array.from({ length: 39 }, (_, at) => link(`l${at}`, `${parts}l${at + 1}`));
    expect(() => read(...chain, { path: 'l0/x' })).toThrowError(
      expect.objectContaining({ code: 'image/bad-rootfs', message: expect.stringContaining('4096 parts') }),
    );
    expect(read(link('l', `${parts}d`), { path: 'l/x' }).paths).toEqual(['d/x', 'l']);
  });

  test('for directories that files replace', () => {
    const work = (count: number) => {
      const before = process.cpuUsage();
      const items = function* () {
        for (let at = 0; at < 5 * count; at++) yield { path: `d/f${at}` };
        for (let at = 0; at < count; at++) {
          yield { path: `e${at}`, type: 'directory' as const };
          yield { path: `e${at}/x` };
          yield { path: `e${at}` };
        }
      };
      const builder = new ArchiveTreeBuilder<null>();
      const head = [...readTarItems(bufferSource(buildTar([{ path: 'x' }])), 0)][0]!;
      for (const { path, type } of items())
        builder.add({ ...head, path, type: type === undefined ? 'file' : 'dir' }, null);
      expect(builder.finish().tree.size).toBe(6 * count);
      return process.cpuUsage(before).user;
    };
    work(1000);
    // Quadratic, it would be some sixteen times as long.
    expect(work(4000)).toBeLessThan(10 * work(1000));
  });
});

describe('what could mean something else elsewhere is refused', () => {
  test.each<[string, TarSpec[], string]>([
    ['a path upwards', [{ path: 'a/../../x' }], 'upwards'],
    ['a hardlink upwards', [{ path: 'x', type: 'hardlink', target: '../x' }], 'upwards'],
    ['a hardlink to nothing', [{ path: 'x', type: 'hardlink', target: 'y' }], 'hardlink to no file'],
    [
      'a hardlink to a directory',
      [
        { path: 'd', type: 'directory' },
        { path: 'x', type: 'hardlink', target: 'd' },
      ],
      'hardlink to no file',
    ],
    ['a file as the root', [{ path: '.' }], 'the root'],
    ['an entry below a file', [{ path: 'f' }, { path: 'f/x/y' }], 'not a directory'],
    [
      'a loop of links',
      [
        { path: 'a', type: 'symlink', target: 'b' },
        { path: 'b', type: 'symlink', target: 'a' },
        { path: 'a/x' },
      ],
      'loop',
    ],
  ])('%s', (_, specs, reason) => {
    expect(() => read(...specs)).toThrowError(
      expect.objectContaining({ code: 'image/bad-rootfs', message: expect.stringContaining(reason) }),
    );
  });
});
