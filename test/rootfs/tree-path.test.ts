import { describe, expect, it } from 'vitest';
import type { Entry } from '../../src/rootfs/tree.ts';
import { followInTree, normalizeEntryPath, resolveInTree } from '../../src/rootfs/tree-path.ts';

const META = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
const dir: Entry = { ...META, type: 'dir' };
const link = (target: string): Entry => ({ ...META, type: 'symlink', target });

describe('the path of an entry', () => {
  it.each([
    ['./usr/bin/', 'usr/bin'],
    ['.', ''],
    ['./', ''],
    ['usr//./bin', 'usr/bin'],
    ['./..a', '..a'],
    ['./caf\xe9', 'caf\xe9'],
  ])('%s is %s', (path, expected) => {
    expect(normalizeEntryPath(path)).toBe(expected);
  });

  it.each([
    ['/etc/passwd', 'package/absolute-path'],
    ['../x', 'package/path-escape'],
    ['./a/../../x', 'package/path-escape'],
    ['a/..', 'package/path-escape'],
    ['a\nb', 'package/newline-in-path'],
  ])('%j is refused', (path, code) => {
    expect(() => normalizeEntryPath(path)).toThrow(expect.objectContaining({ code }));
  });
});

describe('resolving in a tree', () => {
  const tree = new Map<string, Entry>([
    ['usr', dir],
    ['usr/bin', dir],
    ['bin', link('usr/bin')],
    ['abs', link('/usr')],
    ['up', link('../../../usr')],
    ['a', link('b')],
    ['b', link('a')],
    ['usr/bin/sh', link('dash')],
  ]);

  it.each([
    ['bin/dash', 'usr/bin/dash'],
    ['abs/lib/x', 'usr/lib/x'],
    ['up/x', 'usr/x'],
    ['usr/bin/sh', 'usr/bin/sh'],
    ['new/dir/x', 'new/dir/x'],
  ])('%s is at %s', (path, expected) => {
    expect(resolveInTree(tree, path)).toBe(expected);
  });

  it('follows the last part only where asked', () => {
    expect(followInTree(tree, 'bin/sh')).toBe('usr/bin/dash');
    expect(resolveInTree(tree, 'bin')).toBe('bin');
    expect(followInTree(tree, 'bin')).toBe('usr/bin');
  });

  it('ends in a loop of links', () => {
    expect(() => resolveInTree(tree, 'a/x')).toThrow(expect.objectContaining({ code: 'package/link-loop' }));
  });
});
