import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mountsWithin, removeTree } from '../../src/rootfs/remove.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mkbase-remove-'));
});
afterEach(() => rm(dir, { recursive: true }));

describe('removeTree', () => {
  it('removes a base and follows no link out of it', async () => {
    await mkdir(join(dir, 'base/var/lib/dpkg'), { recursive: true });
    await mkdir(join(dir, 'outside'));
    await writeFile(join(dir, 'outside/kept'), '');
    await symlink('../outside', join(dir, 'base/link'));
    await removeTree(join(dir, 'base'));
    expect(await readdir(dir)).toEqual(['outside']);
    expect(await readdir(join(dir, 'outside'))).toEqual(['kept']);
  });

  it('leaves the removal to the one it was given', async () => {
    await mkdir(join(dir, 'base/usr/lib'), { recursive: true });
    await writeFile(join(dir, 'base/usr/lib/os-release'), '');
    const removed: string[] = [];
    await removeTree(join(dir, 'base'), { remove: async (path) => void removed.push(path) });
    expect(removed).toEqual([join(dir, 'base')]);
  });

  it.each([
    ['missing', 'target/missing'],
    ['file', 'target/no-directory'],
    ['link', 'target/no-directory'],
    ['home', 'target/not-a-rootfs'],
  ])('refuses %s: %s, and removes nothing', async (name, code) => {
    await mkdir(join(dir, 'home/documents'), { recursive: true });
    await mkdir(join(dir, 'base/var/lib/dpkg'), { recursive: true });
    await writeFile(join(dir, 'file'), '');
    await symlink('base', join(dir, 'link'));
    const before = await readdir(dir, { recursive: true });
    await expect(removeTree(join(dir, name))).rejects.toMatchObject({ code });
    expect(await readdir(dir, { recursive: true })).toEqual(before);
  });

  it('refuses the running system and mount points', async () => {
    const remove = async () => {
      throw new Error('removed');
    };
    await expect(removeTree('/', { remove })).rejects.toMatchObject({ code: 'target/root' });
    await expect(removeTree('/usr/..', { remove })).rejects.toMatchObject({ code: 'target/root' });
    await expect(removeTree('/proc', { remove })).rejects.toMatchObject({ code: 'target/mounted' });
  });
});

describe('mountsWithin', () => {
  const line = (point: string) => `36 35 98:0 / ${point} rw,noatime master:1 - ext4 /dev/root rw`;

  it('finds the mount points at and below a directory, outermost first', () => {
    const text = [line('/'), line('/b/dev/pts'), line('/b/dev'), line('/bb'), line('/b'), ''].join('\n');
    expect(mountsWithin(text, '/b')).toEqual(['/b', '/b/dev', '/b/dev/pts']);
    expect(mountsWithin(text, '/c')).toEqual([]);
  });

  it('reads escaped and non-ASCII names', () => {
    const name = Buffer.from('/b é').toString('latin1').replace(' ', '\\040');
    expect(mountsWithin(line(`${name}/dev`), '/b é')).toEqual(['/b é/dev']);
  });
});
