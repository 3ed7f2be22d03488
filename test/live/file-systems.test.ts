import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Root } from '../../src/rootfs/root.ts';
import { scanTree } from '../../src/rootfs/scan.ts';
import { describeWith } from './needs.ts';
import { makeOrdinaryUser, type OrdinaryUser } from './ordinary-user.ts';
import { MAIN, run } from './run.ts';

const FORMATS = ['squashfs', 'erofs', 'ext4', 'ext2'] as const;

describeWith(['root', 'mke2fs', 'losetup', 'newuidmap'], 'file systems of a base', () => {
  let folder: string;
  let user: OrdinaryUser;
  const at = (...parts: string[]) => join(folder, ...parts);
  const options = (who: string) => [
    ...FORMATS.flatMap((format) => ['--to', at(who, `base.${format}`)]),
    ...['--to', at(who, 'base.tar'), '--lock', at('lock.json'), '--lock-out=-', '--quiet'],
    '--no-cache-results',
  ];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-file-systems-'));
    await chmod(folder, 0o755);
    user = await makeOrdinaryUser(folder);
    for (const who of ['root', 'user', 'none', 'mnt']) await mkdir(at(who), { mode: 0o777 });
    for (const who of ['user', 'none']) await chmod(at(who), 0o777);
    await run(process.execPath, [MAIN, 'lock', 'bookworm', '--include=iputils-ping', '-o', at('lock.json')]);
    await run(process.execPath, [MAIN, 'bookworm', ...options('root')]);
    const [as = '', ...words] = user.as;
    await run(as, [...words, process.execPath, user.main, 'bookworm', ...options('user')]);
  }, 900_000);
  afterAll(async () => {
    user?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(FORMATS)('a %s is the same bytes for root and a user', async (format) => {
    const digests = await Promise.all(
      ['root', 'user'].map(async (who) => {
        return createHash('sha256')
          .update(await readFile(at(who, `base.${format}`)))
          .digest('hex');
      }),
    );
    expect(digests[1]).toBe(digests[0]);
  });

  it.each(FORMATS)('a %s, mounted, is the tree of the tar', async (format) => {
    await mkdir(at('tree'));
    execFileSync('tar', [
      '-C',
      at('tree'),
      '--numeric-owner',
      '--xattrs',
      '--delay-directory-restore',
      '--xattrs-include=*',
      '-xpf',
      at('root/base.tar'),
    ]);
    execFileSync('mount', ['-o', 'loop,ro', at('root', `base.${format}`), at('mnt')]);
    try {
      const found = scanTree(new Root(at('mnt')));
      found.delete('lost+found');
      expect(found).toEqual(scanTree(new Root(at('tree'))));
      expect(
        execFileSync('diff', [
          '-r',
          '--no-dereference',
          '--exclude=lost+found',
          '--exclude=dev',
          at('tree'),
          at('mnt'),
        ]).length,
      ).toBe(0);
    } finally {
      execFileSync('umount', [at('mnt')]);
      await rm(at('tree'), { recursive: true });
    }
  });

  it.each(['ext4', 'ext2'])('a %s is clean', (format) => {
    execFileSync('/sbin/e2fsck', ['-fn', at('root', `base.${format}`)], { stdio: 'pipe' });
  });

  it('without scripts and namespaces has the owners, devices and bytes that root makes', async () => {
    const skip = (who: string, mode: string) => [
      ...['trixie', '--scripts=skip', `--mode=${mode}`, '--lock-out=-', '--quiet', '--no-cache-results'],
      ...FORMATS.flatMap((format) => ['--to', at(who, `bare.${format}`)]),
    ];
    await run(process.execPath, [MAIN, ...skip('root', 'root')]);
    const [as = '', ...words] = user.as;
    await run(as, [...words, process.execPath, user.main, ...skip('none', 'none')]);
    for (const format of FORMATS) {
      const [one, other] = await Promise.all(
        ['root', 'none'].map((who) => readFile(at(who, `bare.${format}`))),
      );
      expect(one!.equals(other!), format).toBe(true);
    }
  }, 600_000);

  it('on a full disk leaves nothing, and says so', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', at('mnt')]);
    try {
      for (const format of FORMATS) {
        const file = at('mnt', `base.${format}`);
        const words = [MAIN, 'bookworm', file, '--lock', at('lock.json'), '--lock-out=-', '--quiet'];
        await expect(run(process.execPath, words), format).rejects.toMatchObject({
          stderr: expect.stringContaining('no space is left'),
        });
        expect(execFileSync('ls', ['-A', at('mnt')], { encoding: 'utf8' }), format).toBe('');
      }
    } finally {
      execFileSync('umount', [at('mnt')]);
    }
  }, 600_000);
});
