import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { build } from '../../src/pipeline/build.ts';
import { jobOf, mirrorOf, suiteSpec, theKey } from '../families/apt/plan-support.ts';
import type { RepositoryPackage } from '../support/apt-repository.ts';
import type { TarSpec } from '../support/tar.ts';

const BASE: RepositoryPackage = {
  name: 'base',
  priority: 'required',
  files: { 'usr/bin/tool': { content: 'tool', mode: 0o755 } },
};

/** Builds a base of these packages without scripts and gives what is in the target's folder after. */
async function buildWith(
  packages: readonly RepositoryPackage[],
  spoil?: (files: Map<string, Buffer>) => void,
  include: readonly string[] = packages.map(({ name }) => name),
) {
  const folder = await mkdtemp(join(tmpdir(), 'mkbase-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const mirror = await mirrorOf(suiteSpec({ packages: [BASE, ...packages] }));
  spoil?.(mirror.files);
  const keyring = join(folder, 'key.asc');
  await writeFile(keyring, (await theKey()).armored);
  const job = jobOf({
    mirror: mirror.url,
    keyrings: [keyring],
    include,
    cacheDir: join(folder, 'cache'),
    mode: 'none',
    scripts: 'skip',
    jobs: 2,
  });
  const signal = new AbortController().signal;
  const target = { kind: 'directory', path: join(folder, 'out') } as const;
  const outcome = await build([job], [target], { env: {}, signal, emit: () => {} }).catch((error) => error);
  return {
    outcome,
    folder,
    left: (await readdir(folder)).filter((name) => name !== 'cache' && name !== 'key.asc'),
  };
}

describe('a hostile or broken package', () => {
  it.each<[string, string, readonly TarSpec[]]>([
    ['`..` in a path', 'package/path-escape', [{ path: './../../etc/x' }]],
    ['a newline in a name', 'package/newline-in-path', [{ path: './a\nb' }]],
    [
      'a hard link out of the root',
      'package/path-escape',
      [{ path: './x', type: 'hardlink', target: '../../../etc/shadow' }],
    ],
    [
      'a hard link to a file of the host',
      'package/bad-hardlink',
      [{ path: './x', type: 'hardlink', target: './etc/shadow' }],
    ],
    [
      'a loop of links',
      'package/link-loop',
      [
        { path: './a', type: 'symlink', target: 'b' },
        { path: './b', type: 'symlink', target: 'a' },
        { path: './a/x' },
      ],
    ],
    ['a file of another package', 'package/file-conflict', [{ path: './usr/bin/tool' }]],
    ['a file where a directory is', 'package/file-over-directory', [{ path: './usr/bin' }]],
    ['a name of 300 letters', 'package/name-too-long', [{ path: `./opt/${'a'.repeat(300)}` }]],
    ['a path of 5,000 letters', 'package/name-too-long', [{ path: `./${'b'.repeat(200)}`.repeat(25) }]],
    [
      'a link of 5,000 letters',
      'package/name-too-long',
      [{ path: './l', type: 'symlink', target: 'c'.repeat(5000) }],
    ],
    ['a file below a file', 'package/below-a-file', [{ path: './f', content: 'x' }, { path: './f/g' }]],
    [
      'a file where it has made a directory',
      'package/file-over-directory',
      [{ path: './d/f' }, { path: './d' }],
    ],
    ['a device that cannot be', 'package/bad-device', [{ path: './n', type: 'char', device: [5000, 1] }]],
    ['an owner past the last id', 'package/bad-owner', [{ path: './f', pax: { uid: String(2 ** 40) } }]],
  ])('with %s is refused, by name, and leaves nothing', async (_, code, entries) => {
    const { outcome, left } = await buildWith([{ name: 'evil', entries }]);
    expect(outcome.code).toBe(code);
    expect(outcome.message).toContain('`evil`');
    expect(outcome.hint).toBeTruthy();
    expect(left).toEqual([]);
  });

  it('with a link to the host and a file through it writes inside the root', async () => {
    const entries: readonly TarSpec[] = [
      { path: './escape', type: 'symlink', target: '/var/mkbase-escaped' },
      { path: './escape/file', content: 'inside' },
    ];
    const { folder, left } = await buildWith([{ name: 'evil', entries }]);
    expect(left.sort()).toEqual(['out', 'out.lock.json']);
    expect(await readFile(join(folder, 'out/var/mkbase-escaped/file'), 'utf8')).toBe('inside');
    expect(existsSync('/var/mkbase-escaped')).toBe(false);
  });

  it.each([
    ['dpkg has its database', 'var/lib/dpkg'],
    ['mkbase has its settings', 'etc'],
    ['devices go', 'dev'],
  ])('with a link to the host where %s is refused, and leaves nothing', async (_, path) => {
    const entries: readonly TarSpec[] = [
      { path: `./${path}`, type: 'symlink', target: '/var/mkbase-escaped' },
    ];
    const { outcome, left } = await buildWith([{ name: 'evil', entries }]);
    expect(outcome.code).toBe('package/path-in-the-way');
    expect(outcome.message).toContain(`cannot write \`/${path}/`);
    expect(left).toEqual([]);
    expect(existsSync('/var/mkbase-escaped')).toBe(false);
  });

  it('with an absolute path writes inside the root, as dpkg does', async () => {
    const entries: readonly TarSpec[] = [{ path: '/var/mkbase-escaped', content: 'inside' }];
    const { folder } = await buildWith([{ name: 'evil', entries }]);
    expect(await readFile(join(folder, 'out/var/mkbase-escaped'), 'utf8')).toBe('inside');
    expect(existsSync('/var/mkbase-escaped')).toBe(false);
  });

  it('with a link where it has made a directory leaves the directory, as dpkg does', async () => {
    const entries: readonly TarSpec[] = [
      { path: './d/file', content: 'inside' },
      { path: './d', type: 'symlink', target: '/var/mkbase-escaped' },
    ];
    const { folder } = await buildWith([{ name: 'evil', entries }]);
    expect(await readFile(join(folder, 'out/d/file'), 'utf8')).toBe('inside');
  });

  it('with files named like temporary ones, each written again and again, has the last of each', async () => {
    const names = ['f', 'f.mkbase-new', 'f.dpkg-new', 'f', 'f.mkbase-new', 'f', '.mkbase-1'];
    const entries = names.map((name, index) => ({ path: `./${name}`, content: String(index) }));
    const { folder } = await buildWith([{ name: 'evil', entries }]);
    const text = (name: string) => readFile(join(folder, 'out', name), 'utf8');
    expect([await text('f'), await text('f.mkbase-new')]).toEqual(['5', '4']);
    expect((await readdir(join(folder, 'out'))).filter((name) => name.startsWith('.'))).toEqual([
      '.mkbase-1',
    ]);
  });

  it('with attributes of any kind has none of them, as dpkg knows none', async () => {
    const pax = {
      'SCHILY.xattr.foo.bar': 'v',
      'SCHILY.xattr.security.capability': 'junk',
      'SCHILY.xattr.': 'v',
    };
    const { folder, outcome } = await buildWith([
      { name: 'evil', entries: [{ path: './f', content: 'x', pax }] },
    ]);
    expect(outcome.packages).toBe(2);
    expect(await readFile(join(folder, 'out/f'), 'utf8')).toBe('x');
  });

  it('that says another name or version than the index is refused', async () => {
    for (const index of [{ Package: 'evil' }, { Package: 'evil', Version: '2.0' }]) {
      const name = 'Version' in index ? 'evil' : 'other';
      const { outcome, left } = await buildWith([{ name, index }], undefined, ['evil']);
      expect(outcome.code).toBe('package/other-package');
      expect(left).toEqual([]);
    }
  });

  it('that is not what the index says is refused', async () => {
    const spoil = (files: Map<string, Buffer>) => {
      for (const [path, bytes] of files) {
        if (path.includes('evil')) files.set(path, Buffer.from(bytes).fill(1, 100, 110));
      }
    };
    const { outcome, left } = await buildWith([{ name: 'evil' }], spoil);
    expect(outcome.code).toBe('package/wrong-hash');
    expect(left).toEqual([]);
  });

  it('beside a sound one leaves the sound base to be built', async () => {
    const { outcome, left } = await buildWith([]);
    expect(outcome.packages).toBe(1);
    expect(left.sort()).toEqual(['out', 'out.lock.json']);
  });
});
