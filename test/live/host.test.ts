import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folderOfFile } from '../support/folder.ts';
import { describeWith } from './needs.ts';
import { makeOrdinaryUser } from './ordinary-user.ts';
import { MAIN, run } from './run.ts';

const folder = await folderOfFile();
await chmod(folder, 0o1777);

describeWith(
  ['root', 'unshare', 'useradd', 'newuidmap', 'setpriv', 'dpkg'],
  'the packages of this host',
  () => {
    it('make a configured base without a network, in which dpkg finds nothing to say', async () => {
      const base = join(folder, 'base');
      const cache = `--cache-dir=${join(folder, 'cache')}`;
      await run('unshare', [
        '--net',
        process.execPath,
        MAIN,
        'host',
        '--variant=essential',
        '--quiet',
        base,
        cache,
      ]);
      expect(await run('chroot', [base, 'dpkg', '--audit'])).toBe('');
      expect(await run('chroot', [base, 'dpkg', '--verify'])).toBe('');
      expect(await run('chroot', [base, 'sh', '-c', 'id -un; echo $((6 * 7))'])).toBe('root\n42\n');
    });

    it('make the same tar for root and for an ordinary user', async () => {
      const user = await makeOrdinaryUser(folder);
      try {
        const options = ['host', '--include=bash,coreutils', '--quiet'];
        const tars = [join(folder, 'root.tar'), join(user.home, 'user.tar')] as const;
        await run(process.execPath, [MAIN, ...options, tars[0], `--cache-dir=${join(folder, 'cache')}`]);
        const [program, ...rest] = user.as;
        await run(program!, [...rest, process.execPath, user.main, ...options, tars[1]]);
        const [one, two] = await Promise.all(tars.map((file) => readFile(file)));
        expect(one!.equals(two!)).toBe(true);
      } finally {
        user.remove();
      }
    });
  },
);
