import { describe, expect, it } from 'vitest';
import { parseDiversions } from '../../../../src/families/apt/install/diversions.ts';
import {
  type Placed,
  type PlacementRules,
  placePackage,
} from '../../../../src/families/apt/install/placement.ts';
import { parseStatOverrides } from '../../../../src/families/apt/install/stat-overrides.ts';
import { type Control, readControl } from '../../../../src/families/apt/package/control.ts';
import { readIds } from '../../../../src/families/ids.ts';
import { compileExclusions, parsePathRules } from '../../../../src/rootfs/exclusions.ts';
import type { PackageHead } from '../../../../src/rootfs/package-file.ts';

interface Rules {
  readonly diversions?: string;
  readonly overrides?: string;
  readonly exclude?: readonly string[];
  readonly usr?: PlacementRules['usr'];
  readonly conffiles?: PlacementRules['conffiles'];
}

function emptyRoot(): Placed {
  return { tree: new Map(), planned: new Map(), owners: new Map() };
}

function control(name: string, fields = '', conffiles = ''): Control {
  return readControl(`Package: ${name}\nVersion: 1.0\nArchitecture: amd64\n${fields}`, conffiles);
}

function head(path: string, change: Partial<PackageHead> = {}): PackageHead {
  const type = change.type ?? (path.endsWith('/') ? 'dir' : 'file');
  const mode = type === 'dir' ? 0o755 : 0o644;
  const plain = { uid: 0, gid: 0, mtime: 1, size: 0, link: '', major: 0, minor: 0 };
  return { ...plain, mode, path: `./${path}`, type, ...change };
}

function place(state: Placed, owner: Control, entries: readonly PackageHead[], rules: Rules = {}) {
  return placePackage(state, owner, entries, {
    exclusion: compileExclusions(parsePathRules(rules.exclude ?? [])),
    diversions: parseDiversions(rules.diversions ?? ''),
    overrides: parseStatOverrides(rules.overrides ?? '', 'root:x:0:0:\n', 'root:x:0:\nshadow:x:42:\n'),
    ids: readIds('root:x:0:0:\nwww-data:x:33:33:\n', 'root:x:0:\nshadow:x:42:\n'),
    usr: rules.usr ?? 'as-shipped',
    conffiles: rules.conffiles ?? 'final',
  });
}

const codeOf = (code: string) => expect.objectContaining({ code });

describe('placing a package', () => {
  it('lists every path as dpkg does', () => {
    const { placed } = place(emptyRoot(), control('a'), [head('/'), head('etc/'), head('etc/a')]);
    expect([...placed.paths]).toEqual(['/.', '/etc', '/etc/a']);
  });

  it('lists symbolic links last, as dpkg does', () => {
    const link = head('opt/a', { type: 'symlink', link: 'b' });
    const { placed } = place(emptyRoot(), control('a'), [head('opt/'), link, head('opt/b')]);
    expect([...placed.paths]).toEqual(['/opt', '/opt/b', '/opt/a']);
  });

  it('names the first file whose directory no package has', () => {
    const root = emptyRoot();
    place(root, control('a'), [head('opt/')]);
    expect(place(root, control('b'), [head('opt/b')]).homeless).toBeUndefined();
    expect(place(root, control('c'), [head('srv/'), head('srv/c')]).homeless).toBeUndefined();
    expect(place(root, control('d'), [head('opt/d/e'), head('opt/f/g')]).homeless).toBe('opt/d/e');
    const left = { exclude: ['path-exclude=/usr/share', 'path-exclude=/usr/share/x'] };
    const partly = [head('usr/'), head('usr/share/'), head('usr/share/x/'), head('usr/share/x/y')];
    expect(place(root, control('e'), partly, left).homeless).toBeUndefined();
  });

  it('keeps a directory as the first package has it', () => {
    const root = emptyRoot();
    place(root, control('a'), [head('srv/', { mode: 0o2775, gid: 50 })]);
    place(root, control('b'), [head('srv/', { mode: 0o700 })]);
    expect(root.tree.get('srv')).toMatchObject({ mode: 0o2775, gid: 50 });
  });

  it('leaves a link to a directory where another package ships the directory', () => {
    const root = emptyRoot();
    place(root, control('a'), [
      head('usr/'),
      head('usr/bin/'),
      head('bin', { type: 'symlink', link: 'usr/bin' }),
    ]);
    const { files } = place(root, control('b'), [head('bin/'), head('bin/b')]);
    expect(root.tree.get('bin')).toMatchObject({ type: 'symlink' });
    expect(files[0]?.path).toBe('usr/bin/b');
  });

  it('leaves a directory where another package ships a link', () => {
    const root = emptyRoot();
    place(root, control('a'), [head('opt/')]);
    place(root, control('b'), [head('opt', { type: 'symlink', link: 'usr' })]);
    expect(root.tree.get('opt')).toMatchObject({ type: 'dir' });
  });

  it.each([
    ['the same text', '../lib/examples'],
    ['another text', '/usr/lib/examples'],
  ])('leaves both packages a link to one directory, of %s', (_, link) => {
    const root = emptyRoot();
    const directories = [head('usr/'), head('usr/doc/'), head('usr/lib/'), head('usr/lib/examples/')];
    const ours = head('usr/doc/examples', { type: 'symlink', link: '../lib/examples' });
    const a = place(root, control('a'), [...directories, ours]).placed;
    const b = place(root, control('b', 'Replaces: a\n'), [{ ...ours, link }]).placed;
    for (const { paths, files, replaced } of [a, b]) {
      expect(paths).toContain('/usr/doc/examples');
      expect([files, replaced]).toEqual([1, 0]);
    }
    expect(root.owners.get('usr/doc/examples')).toBe(a);
    expect(root.tree.get('usr/doc/examples')).toMatchObject({ target: '../lib/examples' });
  });

  it('refuses links of two packages to different directories, or to none', () => {
    for (const link of ['lib', 'nowhere']) {
      const root = emptyRoot();
      place(root, control('a'), [head('doc/'), head('lib/'), head('x', { type: 'symlink', link })]);
      const other = head('x', { type: 'symlink', link: link === 'lib' ? 'doc' : link });
      expect(() => place(root, control('b'), [other])).toThrow(codeOf('package/file-conflict'));
    }
  });

  it('refuses a file that two packages have', () => {
    const root = emptyRoot();
    place(root, control('a'), [head('x')]);
    expect(() => place(root, control('b'), [head('x')])).toThrow(codeOf('package/file-conflict'));
  });

  it.each([
    ['the later one replaces', '', 'Replaces: a\n', 'b'],
    ['the earlier one replaces', 'Replaces: b\n', '', 'a'],
    ['the version fits', '', 'Replaces: a (<< 2)\n', 'b'],
    ['a provided name is replaced', 'Provides: v\n', 'Replaces: v\n', 'b'],
  ])('takes it where %s', (_, first, second, winner) => {
    const root = emptyRoot();
    const a = place(root, control('a', first), [head('x'), head('only-a')]).placed;
    const b = place(root, control('b', second), [head('x')]).placed;
    expect(root.owners.get('x')?.control.name).toBe(winner);
    expect((winner === 'a' ? b : a).paths.has('/x')).toBe(false);
  });

  it('counts a conffile as lost as dpkg does, and leaves none waiting that a plain file replaces', () => {
    const conffiles = '/etc/x\n';
    const lose = (first: Control, second: Control) => {
      const root = emptyRoot();
      const rules = { conffiles: 'new' } as const;
      const one = place(root, first, [head('etc/'), head('etc/x')], rules);
      const two = place(root, second, [head('etc/x')], rules);
      return [[...one.placed.lost], [...two.placed.lost], two.removed];
    };
    const [old, plain] = [control('old', '', conffiles), control('new', 'Replaces: old\n')];
    const taker = control('new', 'Replaces: old\n', conffiles);
    expect(lose(old, taker)).toEqual([['/etc/x'], [], []]);
    expect(lose(taker, old)).toEqual([[], ['/etc/x'], []]);
    expect(lose(old, plain)).toEqual([[], [], ['etc/x.dpkg-new']]);
    expect(lose(plain, old)).toEqual([[], ['/etc/x'], []]);
  });

  it('refuses it where the version of Replaces does not fit', () => {
    const root = emptyRoot();
    place(root, control('a'), [head('x')]);
    expect(() => place(root, control('b', 'Replaces: a (<< 1.0)\n'), [head('x')])).toThrow(
      codeOf('package/file-conflict'),
    );
  });

  it('counts what a package had, where some of it went to one placed before', () => {
    const root = emptyRoot();
    place(root, control('a', 'Replaces: z\n'), [head('moved')]);
    const z = place(root, control('z'), [head('moved'), head('kept')]).placed;
    expect([z.files, z.replaced]).toEqual([1, 0]);
    expect([...z.paths]).toEqual(['/kept']);
  });

  it('knows the other package whatever the case of the name', () => {
    const root = emptyRoot();
    place(root, control('MyTool'), [head('x')]);
    place(root, control('b', 'Replaces: mytool\n'), [head('x')]);
    expect(root.owners.get('x')?.control.name).toBe('b');
  });

  it('notes when another package has taken every file', () => {
    const root = emptyRoot();
    const a = place(root, control('a'), [head('x')]).placed;
    place(root, control('b', 'Replaces: a\n'), [head('x')]);
    expect([a.files, a.replaced, a.changed]).toEqual([1, 1, true]);
  });

  it.each([
    ['before', [], '/sbin/halt\n/sbin/halt.real\nguard\n'],
    ['by an earlier diversion', ['guard'], '/sbin/halt\n/sbin/halt.real\nguard\n'],
  ])('lets a package that diverts a name take it from who had it %s', (_, first, diversions) => {
    const root = emptyRoot();
    for (const name of first) place(root, control(name), [head('sbin/halt')], { diversions });
    place(root, control('init'), [head('sbin/halt')], { diversions: first.length === 0 ? '' : diversions });
    place(root, control('guard'), [head('sbin/halt')], { diversions });
    const third = () => place(root, control('third'), [head('sbin/halt')], { diversions });
    expect(third).toThrow(codeOf('package/file-conflict'));
  });

  it('refuses a file where another is diverted to, as dpkg does', () => {
    const diversions = '/sbin/halt\n/sbin/halt.real\n:\n';
    const bring = (name: string) => place(emptyRoot(), control('a'), [head(name)], { diversions });
    expect(() => bring('sbin/halt.real')).toThrow(
      expect.objectContaining({
        code: 'package/file-conflict',
        message: 'cannot place `/sbin/halt.real` of `a`: it is the diverted `/sbin/halt`',
      }),
    );
    expect(() => bring('sbin/halt')).not.toThrow();
  });

  it('sends a diverted file elsewhere, but not that of the package that diverts', () => {
    const diversions = '/sbin/halt\n/sbin/halt.real\nguard\n';
    const root = emptyRoot();
    const other = place(root, control('init'), [head('sbin/'), head('sbin/halt')], { diversions });
    const own = place(root, control('guard'), [head('sbin/halt')], { diversions });
    expect(other.files[0]?.path).toBe('sbin/halt.real');
    expect(own.files[0]?.path).toBe('sbin/halt');
    expect([...other.placed.paths]).toContain('/sbin/halt');
  });

  it('gives a path the owner that the base has by that name, else by the number', () => {
    const root = emptyRoot();
    const owned = (user: string, group: string, id: number) => ({ owner: { user, group }, uid: id, gid: id });
    place(root, control('a'), [
      head('named', owned('www-data', 'shadow', 0)),
      head('runner', owned('root', 'root', 1000)),
      head('strange', owned('svc', 'svc', 777)),
    ]);
    expect(root.tree.get('named')).toMatchObject({ uid: 33, gid: 42 });
    expect(root.tree.get('runner')).toMatchObject({ uid: 0, gid: 0 });
    expect(root.tree.get('strange')).toMatchObject({ uid: 777, gid: 777 });
  });

  it('takes the slashes off absolute names and targets of hard links', () => {
    const root = emptyRoot();
    const { placed } = place(root, control('a'), [
      head('', { path: '/opt/', type: 'dir' }),
      head('', { path: '//opt/h1', size: 1 }),
      head('opt/h2', { type: 'hardlink', link: '/opt/h1' }),
    ]);
    expect([...placed.paths]).toEqual(['/opt', '/opt/h1', '/opt/h2']);
    expect(root.tree.get('opt/h2')).toMatchObject({ type: 'hardlink', target: 'opt/h1' });
  });

  it('gives a path the owner and mode of its override', () => {
    const root = emptyRoot();
    place(root, control('a'), [head('x')], { overrides: 'root shadow 2755 /x\nroot #7 0600 /y\n' });
    expect(root.tree.get('x')).toMatchObject({ gid: 42, mode: 0o2755 });
  });

  it('merges /usr where it is to be merged', () => {
    const root = emptyRoot();
    const { files } = place(root, control('a'), [head('lib64/'), head('lib64/ld.so'), head('boot/')], {
      usr: 'merge',
    });
    expect(root.tree.get('lib64')).toMatchObject({ type: 'symlink', target: 'usr/lib64' });
    expect(files[0]?.path).toBe('usr/lib64/ld.so');
    expect(root.tree.get('boot')).toMatchObject({ type: 'dir' });
  });

  it('finds the target of a hard link through merged /usr', () => {
    const root = emptyRoot();
    place(
      root,
      control('a'),
      [head('bin/'), head('bin/gunzip'), head('bin/uncompress', { type: 'hardlink', link: './bin/gunzip' })],
      { usr: 'merge' },
    );
    expect(root.tree.get('usr/bin/uncompress')).toMatchObject({ type: 'hardlink', target: 'usr/bin/gunzip' });
  });

  it('makes the second name the file where the first is excluded', () => {
    const { files } = place(
      emptyRoot(),
      control('a'),
      [head('a', { size: 5 }), head('b', { type: 'hardlink', link: './a' })],
      { exclude: ['path-exclude=/a'] },
    );
    expect(files).toMatchObject([{ path: 'b', entry: 0 }]);
  });

  it('refuses a hard link to what the package does not have', () => {
    const link = head('b', { type: 'hardlink', link: './etc/shadow' });
    expect(() => place(emptyRoot(), control('a'), [link])).toThrow(codeOf('package/bad-hardlink'));
  });

  it('refuses a file where a directory is', () => {
    expect(() => place(emptyRoot(), control('a'), [head('x/'), head('x')])).toThrow(
      codeOf('package/file-over-directory'),
    );
  });

  it.each([
    ['final', ['etc/c']],
    ['new', ['etc/c.dpkg-new']],
    ['both', ['etc/c', 'etc/c.dpkg-new']],
  ] as const)('puts a conffile where scripts and dpkg expect it: %s', (conffiles, expected) => {
    const { files } = place(emptyRoot(), control('a', '', '/etc/c\n'), [head('etc/'), head('etc/c')], {
      conffiles,
    });
    expect(files.map(({ path }) => path)).toEqual(expected);
  });

  it.each(['new', 'both'] as const)('keeps conffiles that are one file so: %s', (conffiles) => {
    const root = emptyRoot();
    const link = { type: 'hardlink', link: './etc/one' } as const;
    const entries = [head('etc/'), head('etc/one'), head('etc/two', link), head('etc/plain', link)];
    place(root, control('a', '', '/etc/one\n/etc/two\n'), entries, { conffiles });
    expect(root.tree.get('etc/two.dpkg-new')).toMatchObject({ type: 'hardlink', target: 'etc/one.dpkg-new' });
    const target = conffiles === 'both' ? 'etc/one' : 'etc/one.dpkg-new';
    expect(root.tree.get('etc/plain')).toMatchObject({ type: 'hardlink', target });
  });

  it('keeps an excluded path in the list, as dpkg does, and off the disk', () => {
    const exclude = ['path-exclude=/usr/share/doc/*'];
    const doc = head('usr/share/doc/README', { size: 9 });
    const { placed, files, excluded } = place(emptyRoot(), control('a'), [doc], { exclude });
    expect([...placed.paths]).toEqual(['/usr/share/doc/README']);
    expect(files).toEqual([]);
    expect(excluded).toMatchObject([{ bytes: 9, rule: { glob: '/usr/share/doc/*' } }]);
  });
});
