import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAddition } from '../../src/additions/addition.ts';
import { packAdditions } from '../../src/additions/pack.ts';
import { readTar } from '../../src/formats/tar.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mkbase-add-'));
  await mkdir(join(folder, 'conf/deep'), { recursive: true });
  await writeFile(join(folder, 'app'), '#!/bin/sh\n');
  await chmod(join(folder, 'app'), 0o700);
  await writeFile(join(folder, 'conf/a.ini'), 'a\n');
  await chmod(join(folder, 'conf/a.ini'), 0o600);
  await symlink('a.ini', join(folder, 'conf/deep/link'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function packed(...texts: string[]) {
  const { tar } = await packAdditions(texts.map((text) => parseAddition(`${folder}/${text}`)));
  return { tar, lines: readTar(tar).map((entry) => lineOf(entry)) };
}

function lineOf({ path, type, mode, uid, gid, link, body }: ReturnType<typeof readTar>[number]): string {
  return [path, type, mode.toString(8), `${uid}:${gid}`, link || body.toString().trim()].join(' ').trim();
}

describe('packAdditions', () => {
  it('adds a file under a name, and into a directory', async () => {
    const { lines } = await packed('app:/usr/bin/run', 'app:/opt/');
    expect(lines).toContain('usr/bin/run file 755 0:0 #!/bin/sh');
    expect(lines).toContain('opt/app file 755 0:0 #!/bin/sh');
  });

  it('adds the contents of a folder with usual modes, or the one asked for', async () => {
    const { lines } = await packed('conf:/etc/app', 'conf:/srv:0640:10:20');
    expect(lines).toContain('etc/app/a.ini file 644 0:0 a');
    expect(lines).toContain('etc/app/deep/link symlink 777 0:0 a.ini');
    expect(lines).toContain('srv/a.ini file 640 10:20 a');
    expect(lines).toContain('srv/deep/ dir 755 10:20');
  });

  it('unpacks a tar into a directory, and adds it as it is under a name', async () => {
    const { tar } = await packed('conf:/x');
    await writeFile(join(folder, 'c.tar'), tar);
    expect((await packed('c.tar:/y/')).lines).toContain('y/x/a.ini file 644 0:0 a');
    expect((await packed('c.tar:/y/c.tar')).lines).toContainEqual(
      expect.stringContaining('y/c.tar file 644'),
    );
  });

  it('refuses what would lie below a link or a file', async () => {
    await symlink('/etc', join(folder, 'conf/away'));
    const below = ['conf:/x', 'app:/x/away/app'];
    await expect(packed(...below)).rejects.toMatchObject({ code: 'usage/bad-addition' });
    await expect(packed('app:/x', 'conf:/x/y')).rejects.toThrow(/`x\/y.*` would lie below `x`/);
  });

  it('gives the same bytes whatever the times of the sources', async () => {
    const digest = async () =>
      createHash('sha256')
        .update((await packed('conf:/c')).tar)
        .digest('hex');
    const before = await digest();
    await utimes(join(folder, 'conf/a.ini'), 1, 1);
    expect(await digest()).toBe(before);
  });

  it('lets the last of two win', async () => {
    await writeFile(join(folder, 'other'), 'other\n');
    expect((await packed('app:/x', 'other:/x')).lines).toContain('x file 644 0:0 other');
  });

  it('refuses a source that is not there', async () => {
    await expect(packed('gone:/x')).rejects.toMatchObject({ code: 'usage/unreadable-file' });
  });

  it.each(['pipe:/x', 'pipe:/x/', 'pipe.tar:/x/'])('waits for nothing from a pipe: %s', async (text) => {
    execFileSync('mkfifo', [join(folder, 'pipe'), join(folder, 'pipe.tar')]);
    await expect(packed(text)).rejects.toMatchObject({
      code: 'usage/unreadable-file',
      message: expect.stringContaining('a pipe'),
    });
  });

  it('refuses a file as the root', async () => {
    await expect(packed('app:/.')).rejects.toMatchObject({ code: 'usage/bad-addition' });
  });
});

describe('parseAddition', () => {
  it.each([['a'], ['a:b'], ['a:/b:9'], ['a:/b:755:1'], ['a:/../b'], [':/b'], ['a:/b:755:4294967295:0']])(
    'refuses %j',
    (text) => {
      expect(() => parseAddition(text)).toThrow(expect.objectContaining({ code: 'usage/bad-addition' }));
    },
  );
});
