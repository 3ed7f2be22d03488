import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileGlob } from '../../src/formats/glob.ts';
import { compileExclusions, parsePathRules } from '../../src/rootfs/exclusions.ts';
import { buildDeb } from '../support/deb.ts';

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

  it('take any bytes without a crash', () => {
    for (const glob of ['/[', '/[]', '/[]x]', '/[!]', '/\\', '/a[b', '/(a|b)+^$']) {
      expect(() => compileGlob(glob)).not.toThrow();
    }
  });
});

const hasDpkg = spawnSync('dpkg', ['--version']).status === 0;

describe.runIf(hasDpkg)('the real dpkg leaves out the same', () => {
  const FILES = [
    ...[
      '/usr/lib/a/__init__.pyc',
      '/usr/lib/a/b.py',
      '/usr/share/doc/x/copyright',
      '/usr/share/doc/x/README',
    ],
    ...[
      '/opt/a1',
      '/opt/b2',
      '/opt/]',
      '/opt/-',
      '/opt/Z',
      '/opt/[x',
      '/opt/a b',
      '/opt/.hidden',
      '/opt/a*b',
    ],
  ];
  let folder: string;
  let deb: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-dpkg-'));
    deb = join(folder, 'x.deb');
    const files = Object.fromEntries(FILES.map((path) => [path.slice(1), '']));
    await writeFile(deb, await buildDeb({ name: 'globs', files }));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    [['path-exclude=*.pyc']],
    [['path-exclude=?usr/lib/*']],
    [['path-exclude=[/]opt/*']],
    [['path-exclude=\\/opt/?1']],
    [['path-exclude=opt/*']],
    [['path-exclude=*']],
    [['path-exclude=*', 'path-include=*/copyright']],
    [['path-exclude=/opt/[!a-b]*']],
    [['path-exclude=/opt/[^a-b]*']],
    [['path-exclude=/opt/[]-]']],
    [['path-exclude=/opt/[\\]a]*']],
    [['path-exclude=/opt/[[:digit:][:upper:]]']],
    [['path-exclude=/opt/?[[:digit:]]']],
    [['path-exclude=/opt/[[:alpha:]-]*']],
    [['path-exclude=/opt/[z-a]*']],
    [['path-exclude=/opt/[x']],
    [['path-exclude=/opt/a\\*b']],
    [['path-exclude=/opt/a[ ]b']],
    [['path-exclude=/opt/*', 'path-include=/opt/[ab]?']],
    [['path-exclude=/usr/*/x/*', 'path-include=/usr/share/doc/*/copyright']],
  ])('by %j', async (rules) => {
    const root = await mkdtemp(join(folder, 'root-'));
    await mkdir(join(root, 'var/lib/dpkg/info'), { recursive: true });
    await mkdir(join(root, 'var/lib/dpkg/updates'));
    for (const name of ['status', 'available']) await writeFile(join(root, 'var/lib/dpkg', name), '');
    const force = ['--force-not-root', '--force-depends', '--force-architecture', '--force-bad-path'];
    const args = [`--root=${root}`, ...force, ...rules.map((rule) => `--${rule}`), '--unpack', deb];
    const { status, stderr } = spawnSync('dpkg', args, { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, expect.any(String)]);
    const left = FILES.filter((path) => !excluded(rules, path));
    expect(FILES.filter((path) => existsSync(join(root, path)))).toEqual(left);
  });
});
