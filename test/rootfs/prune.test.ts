import { describe, expect, it } from 'vitest';
import { compileExclusions, parsePathRules } from '../../src/rootfs/exclusions.ts';
import { prune } from '../../src/rootfs/prune.ts';
import type { Entry } from '../../src/rootfs/tree.ts';

const RULES = [
  'path-exclude=/usr/share/doc/*',
  'path-exclude=/usr/share/man/*',
  'path-include=/usr/share/doc/*/copyright',
];
const meta = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };

/** A tree of `path`, `path/` for a directory and `path -> target` for a link; parents are added. */
function treeOf(...lines: readonly string[]): Map<string, Entry> {
  const tree = new Map<string, Entry>([['', { ...meta, type: 'dir' }]]);
  for (const line of lines) {
    const [path = '', target] = line.split(' -> ');
    const parts = path.replace(/\/$/, '').split('/');
    for (let n = 1; n < parts.length; n++) tree.set(parts.slice(0, n).join('/'), { ...meta, type: 'dir' });
    if (target !== undefined) tree.set(path, { ...meta, type: 'symlink', target });
    else if (path.endsWith('/')) tree.set(path.slice(0, -1), { ...meta, type: 'dir' });
    else tree.set(path, { ...meta, type: 'file', size: 5 });
  }
  return tree;
}

function pruned(...lines: readonly string[]): string[] {
  return prune(treeOf(...lines), compileExclusions(parsePathRules(RULES))).map(({ path }) => path);
}

describe('prune', () => {
  it('removes files that scripts made where a rule matches', () => {
    expect(pruned('usr/share/doc/a/made', 'usr/share/doc/a/copyright')).toEqual(['usr/share/doc/a/made']);
  });

  it('removes links to what a rule left out, wherever they are, and links to those', () => {
    expect(
      pruned(
        'etc/alternatives/x.1 -> /usr/share/man/man1/x.1',
        'usr/share/man/man1/y.1 -> /etc/alternatives/x.1',
      ),
    ).toEqual(['usr/share/man/man1/y.1', 'etc/alternatives/x.1']);
  });

  it('leaves links that lead to nothing for another reason, and those that lead somewhere', () => {
    expect(pruned('etc/mtab -> ../proc/mounts', 'usr/share/doc/b -> a', 'usr/share/doc/a/copyright')).toEqual(
      [],
    );
  });

  it('removes directories in which a rule left nothing, from the inside', () => {
    expect(pruned('usr/share/doc/a/b/', 'usr/share/doc/c/copyright')).toEqual([
      'usr/share/doc/a/b',
      'usr/share/doc/a',
    ]);
  });

  it('keeps the sections of the manual, and empty directories elsewhere', () => {
    expect(pruned('usr/share/man/man1/', 'usr/share/man/de/man1/', 'srv/')).toEqual([
      'usr/share/man/de/man1',
      'usr/share/man/de',
    ]);
  });

  it('gives bytes to rules', () => {
    const [only] = prune(treeOf('usr/share/doc/x'), compileExclusions(parsePathRules(RULES)));
    expect(only).toMatchObject({ bytes: 5, rule: { glob: '/usr/share/doc/*' } });
  });
});
