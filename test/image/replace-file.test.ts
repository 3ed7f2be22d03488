import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replaceFile } from '../../src/image/replace-file.ts';
import { unfinishedName } from '../../src/unfinished.ts';
import { DEAD, markOf } from '../support/mark.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mkbase-replace-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('replaceFile', () => {
  it('makes the file and its directories', async () => {
    await replaceFile(join(folder, 'a/b'), [Buffer.from('new')]);
    expect(await readFile(join(folder, 'a/b'), 'utf8')).toBe('new');
    expect(await readdir(join(folder, 'a'))).toEqual(['b']);
  });

  it('leaves what was there where its content fails', async () => {
    await writeFile(join(folder, 'x'), 'old');
    const failing = async function* () {
      yield Buffer.from('half');
      throw new Error('cut');
    };
    await expect(replaceFile(join(folder, 'x'), failing())).rejects.toThrow('cut');
    expect(await readFile(join(folder, 'x'), 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['x']);
  });

  it('sweeps what killed runs have left, and not what may be written just now', async () => {
    const others = [unfinishedName('x'), `x.mkbase.${markOf({ place: '00000000', pid: DEAD })}`];
    const dead = ['x', 'y'].map((name) => `${name}.mkbase.${markOf({ pid: DEAD })}`);
    for (const name of [...dead, ...others]) await writeFile(join(folder, name), 'half');
    await replaceFile(join(folder, 'x'), [Buffer.from('new')]);
    expect((await readdir(folder)).sort()).toEqual(['x', ...others].sort());
  });

  it('keeps a link, and writes into a device', async () => {
    await writeFile(join(folder, 'real'), 'old');
    await symlink('real', join(folder, 'link'));
    await replaceFile(join(folder, 'link'), [Buffer.from('new')]);
    expect((await lstat(join(folder, 'link'))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(folder, 'real'), 'utf8')).toBe('new');
    await replaceFile('/dev/null', [Buffer.from('new')]);
    expect((await lstat('/dev/null')).isCharacterDevice()).toBe(true);
  });
});
