import { describe, expect, it } from 'vitest';
import { compileGlob } from '../../src/formats/glob.ts';
import { compileExclusions, parsePathRules } from '../../src/rootfs/exclusions.ts';

function excluded(
  rules: readonly string[],
  path: string,
  kind: 'file' | 'dir' | 'symlink' = 'file',
): boolean {
  return compileExclusions(parsePathRules(rules))(path, kind) !== null;
}

it.each([
  ['/usr/[z-a]*', '/usr/zoo', false],
  ['/usr/[!z-a]*', '/usr/zoo', true],
  ['/usr/[z-ab]*', '/usr/bin', true],
  ['/usr/[a-c]*', '/usr/bin', true],
  ['/usr/[^a-c]*', '/usr/bin', false],
  ['/usr/[-x]', '/usr/-', true],
  ['/usr/[x-]', '/usr/-', true],
  ['/usr/[]x]', '/usr/]', true],
])('a bracket expression is as fnmatch(3) reads it: %s of %s', (glob, path, expected) => {
  expect(compileGlob(glob).test(path)).toBe(expected);
});

describe('path rules', () => {
  it.each([
    ['path-exclude=/usr/share/doc/*', '/usr/share/doc/bash/a/b', true],
    ['path-exclude=/usr/share/doc/*', '/usr/share/doc', false],
    ['path-exclude=/usr/share/man/??/*', '/usr/share/man/de/man1/ls.1.gz', true],
    ['path-exclude=/usr/share/man/[!m]*', '/usr/share/man/man1/ls.1.gz', false],
    ['path-exclude=/usr/share/man/[a-d]*', '/usr/share/man/de/x', true],
    ['path-exclude=/a\\*b', '/a*b', true],
    ['path-exclude=/a\\*b', '/axb', false],
    ['path-exclude=/caf\xe9', '/caf\xe9', true],
  ])('%s against %s', (rule, path, expected) => {
    expect(excluded([rule], path)).toBe(expected);
  });

  it('let the last one that matches decide', () => {
    const rules = ['path-exclude=/usr/share/doc/*', 'path-include=/usr/share/doc/*/copyright'];
    expect(excluded(rules, '/usr/share/doc/bash/copyright')).toBe(false);
    expect(excluded(rules, '/usr/share/doc/bash/README')).toBe(true);
    expect(excluded(rules.toReversed(), '/usr/share/doc/bash/copyright')).toBe(true);
  });

  it('keep a directory or link below which something may come back', () => {
    const rules = ['path-exclude=/usr/share/doc/*', 'path-include=/usr/share/doc/*/copyright'];
    expect(excluded(rules, '/usr/share/doc/bash', 'dir')).toBe(false);
    expect(excluded(rules, '/usr/share/doc/bash', 'symlink')).toBe(false);
    expect(excluded(['path-exclude=/usr/*', 'path-include=/usr/lib/x/y'], '/usr/lib', 'dir')).toBe(false);
    expect(excluded(['path-exclude=/usr/*', 'path-include=/usr/lib/x/y'], '/usr/games', 'dir')).toBe(true);
  });

  it('keep the sections of the manual', () => {
    const rules = ['path-exclude=/usr/share/man/*'];
    expect(excluded(rules, '/usr/share/man/man1', 'dir')).toBe(false);
    expect(excluded(rules, '/usr/share/man/man1/ls.1.gz')).toBe(true);
    expect(excluded(rules, '/usr/share/man/de', 'dir')).toBe(true);
  });

  it('tell which of them decides', () => {
    const rules = parsePathRules(['path-exclude=/a/*', 'path-exclude=/a/b']);
    expect(compileExclusions(rules)('/a/b', 'file')).toBe(rules[1]);
  });

  it('hold for both spellings of merged /usr', () => {
    expect(excluded(['path-exclude=/bin/more'], '/usr/bin/more')).toBe(true);
    expect(excluded(['path-exclude=/usr/lib/*.a'], '/lib/x86/libc.a')).toBe(true);
    expect(excluded(['path-exclude=/usr/share/x'], '/share/x')).toBe(false);
  });

  it('are refused where they are not absolute', () => {
    expect(() => parsePathRules(['path-exclude=usr/*'])).toThrow(/not absolute/);
  });

  it('take any bytes without a crash', () => {
    for (const glob of ['/[', '/[]', '/[]x]', '/[!]', '/\\', '/a[b', '/(a|b)+^$']) {
      expect(() => compileGlob(glob)).not.toThrow();
    }
  });
});
