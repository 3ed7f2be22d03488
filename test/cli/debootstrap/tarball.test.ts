import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openTarball, writeTarball } from '../../../src/cli/debootstrap/tarball.ts';
import { temporaryDirectory } from '../../fetch/support.ts';

const STANZA = 'Package: tool\nVersion: 1:2\nArchitecture: all\nFilename: pool/t/tool_2_all.deb\n';
const NAMES = {
  'debootstrap/required': 'tool\n',
  'debootstrap/base': '\n',
  'var/cache/apt/archives/tool_1%3a2_all.deb': 'deb',
  'var/lib/apt/lists/m:80_debian_dists_sid_InRelease': 'signed',
  'var/lib/apt/lists/m:80_debian_dists_sid_main_binary-amd64_Packages': STANZA,
};

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await temporaryDirectory();
  file = join(folder, 'debs.tgz');
});

async function pack(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, 'tree', path, '..'), { recursive: true });
    await writeFile(join(folder, 'tree', path), content);
  }
  await writeTarball(join(folder, 'tree'), file, new Date(0));
}

describe('openTarball', () => {
  it('lays what writeTarball wrote out as a mirror', async () => {
    await pack(NAMES);
    const { mirror, include } = await openTarball(file, join(folder, 'mirror'));
    expect(include).toEqual(['tool']);
    const read = (path: string) => readFile(new URL(`${mirror}/${path}`), 'utf8');
    expect(await read('dists/sid/InRelease')).toBe('signed');
    expect(await read('dists/sid/main/binary-amd64/Packages')).toBe(STANZA);
    expect(await read('pool/t/tool_2_all.deb')).toBe('deb');
  });

  it('writes nothing outside of it, whatever its index names', async () => {
    await pack({
      ...NAMES,
      'var/lib/apt/lists/m_dists_.._.._out': 'x',
      'var/lib/apt/lists/m:80_debian_dists_sid_main_binary-amd64_Packages': STANZA.replace(
        'pool/t',
        '../../t',
      ),
    });
    await openTarball(file, join(folder, 'mirror'));
    for (const path of ['out', 't']) await expect(access(join(folder, path))).rejects.toThrow();
  });

  it('refuses a tar that is another, and one that is not there', async () => {
    await pack({ 'etc/passwd': '' });
    await expect(openTarball(file, join(folder, 'mirror'))).rejects.toMatchObject({
      code: 'package/bad-tarball',
    });
    await expect(openTarball(join(folder, 'no'), folder)).rejects.toMatchObject({
      code: 'usage/unreadable-file',
      message: expect.stringContaining('No such file or directory'),
    });
  });
});
