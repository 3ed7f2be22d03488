import { lstat, mkdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { mergeTree, prepareTarget } from '../../../src/cli/debootstrap/target.ts';
import { temporaryDirectory } from '../../fetch/support.ts';

let folder: string;
let from: string;
let into: string;
beforeEach(async () => {
  folder = await temporaryDirectory();
  from = join(folder, 'from');
  into = join(folder, 'into');
  for (const path of ['from/etc/apt', 'from/usr/bin', 'into'])
    await mkdir(join(folder, path), { recursive: true });
  await writeFile(join(from, 'usr/bin/tool'), 'ours');
  await writeFile(join(from, 'etc/apt/sources.list'), 'ours');
  await writeFile(join(from, 'etc/fstab'), 'ours');
  await symlink('usr/bin', join(from, 'bin'));
});

describe('mergeTree', () => {
  it('fills a directory that has contents of its own', async () => {
    await mkdir(join(into, 'usr/bin'), { recursive: true });
    await writeFile(join(into, 'usr/bin/mine'), 'mine');
    await mkdir(join(into, 'etc'));
    await writeFile(join(into, 'etc/fstab'), 'mine');
    await mergeTree(from, into);
    expect(await readFile(join(into, 'usr/bin/mine'), 'utf8')).toBe('mine');
    expect(await readFile(join(into, 'usr/bin/tool'), 'utf8')).toBe('ours');
    expect(await readFile(join(into, 'etc/fstab'), 'utf8')).toBe('mine');
    expect(await readlink(join(into, 'bin'))).toBe('usr/bin');
  });

  it('replaces the sources of apt, and leaves a link that is the same', async () => {
    await mkdir(join(into, 'etc/apt'), { recursive: true });
    await writeFile(join(into, 'etc/apt/sources.list'), 'mine');
    await symlink('usr/bin', join(into, 'bin'));
    await mergeTree(from, into);
    expect(await readFile(join(into, 'etc/apt/sources.list'), 'utf8')).toBe('ours');
  });

  it.each([
    [
      'a file that a package brings',
      async () => {
        await mkdir(join(into, 'usr/bin'), { recursive: true });
        await writeFile(join(into, 'usr/bin/tool'), 'mine');
      },
    ],
    [
      'a link in the place of a directory',
      async () => {
        await mkdir(join(folder, 'elsewhere/bin'), { recursive: true });
        await symlink('../elsewhere', join(into, 'usr'));
      },
    ],
    ['a link to another place', () => symlink('elsewhere', join(into, 'bin'))],
  ] as const)('refuses %s, and moves nothing', async (_, prepare) => {
    await prepare();
    await expect(mergeTree(from, into)).rejects.toMatchObject({ code: 'target/has-files' });
    expect(await lstat(join(into, 'etc')).catch(() => null)).toBeNull();
    expect(await lstat(join(folder, 'elsewhere/bin/tool')).catch(() => null)).toBeNull();
  });
});

describe('prepareTarget', () => {
  it('makes the directory, with that of debootstrap', async () => {
    const target = await prepareTarget(join(folder, 'a/b'));
    expect((await lstat(join(target, 'debootstrap'))).isDirectory()).toBe(true);
  });

  it('refuses a link in the place of its own directory, a file, and the root', async () => {
    await symlink('/tmp', join(into, 'debootstrap'));
    await expect(prepareTarget(into)).rejects.toMatchObject({ code: 'target/is-a-link' });
    await expect(prepareTarget(join(from, 'etc/fstab'))).rejects.toMatchObject({ code: 'target/is-a-file' });
    await expect(prepareTarget('/')).rejects.toMatchObject({ code: 'target/root' });
  });
});
