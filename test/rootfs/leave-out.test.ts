import { describe, expect, it } from 'vitest';
import { compileExclusions, parsePathRules } from '../../src/rootfs/exclusions.ts';
import { leaveOut } from '../../src/rootfs/leave-out.ts';
import type { Entry } from '../../src/rootfs/tree.ts';

const meta = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
const dir: Entry = { ...meta, type: 'dir' };
const file: Entry = { ...meta, type: 'file', size: 5 };

function left(entries: Record<string, Entry>, ...rules: string[]) {
  const { tree, excluded } = leaveOut(
    new Map(Object.entries(entries)),
    compileExclusions(parsePathRules(rules)),
  );
  return { tree: Object.fromEntries(tree), bytes: excluded.reduce((sum, { bytes }) => sum + bytes, 0) };
}

describe('leaveOut', () => {
  it('takes away what a rule matches, and the directories that held nothing else', () => {
    const entries = {
      '': dir,
      usr: dir,
      'usr/doc': dir,
      'usr/doc/a': dir,
      'usr/doc/a/x': file,
      'usr/y': file,
    };
    expect(left(entries, 'path-exclude=/usr/doc/*')).toEqual({
      tree: { '': dir, usr: dir, 'usr/doc': dir, 'usr/y': file },
      bytes: 5,
    });
  });

  it('takes back what a later rule includes', () => {
    const entries = { doc: dir, 'doc/copyright': file, 'doc/news': file };
    const { tree } = left(entries, 'path-exclude=/doc/*', 'path-include=/doc/copyright');
    expect(Object.keys(tree)).toEqual(['doc', 'doc/copyright']);
  });

  it('makes the next name of a file the file', () => {
    const link: Entry = { ...meta, type: 'hardlink', target: 'a' };
    expect(left({ a: file, b: link, c: link }, 'path-exclude=/a').tree).toEqual({
      b: file,
      c: { ...link, target: 'b' },
    });
  });

  it('leaves the root and everything else alone', () => {
    const entries = { '': dir, x: file, link: { ...meta, type: 'symlink', target: 'nowhere' } as const };
    expect(left(entries).tree).toEqual(entries);
  });
});
