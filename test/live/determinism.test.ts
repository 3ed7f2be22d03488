import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { describeWith } from './needs.ts';
import { makeOrdinaryUser } from './ordinary-user.ts';
import { MAIN } from './run.ts';

// Not synchronous: the mirror answers from this process.
const run = promisify(execFile);

describeWith(['root', 'useradd', 'newuidmap', 'setpriv', 'npm'], 'the same lock', () => {
  let folder: string;
  let mirror: Mirror;
  let first: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-same-'));
    await chmod(folder, 0o1777);
    mirror = await startLiveMirror();
    // ping has a file capability, which a user namespace writes in another form.
    await mkbase('first.tar', ['--include=iputils-ping,libcap2-bin', '--cache-dir=cache']);
    first = await digest('first.tar');
  });
  afterAll(async () => {
    await mirror?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('gives the same bytes with one worker, another umask, zone, language and folder', async () => {
    const env = { TZ: 'Asia/Tokyo', LANG: 'de_DE.UTF-8', LC_ALL: 'C' };
    const args = ['--lock=../first.tar.lock.json', '--cache-dir=../cache', '--jobs=1'];
    await run(
      'sh',
      ['-c', 'mkdir -p sub; umask 077; cd sub; exec "$@"', 'sh', process.execPath, MAIN].concat([
        'bookworm',
        'one.tar',
        `${mirror.url}/debian`,
        '--quiet',
        ...args,
      ]),
      { cwd: folder, env: { ...process.env, ...env, ...nothingKept('sub') } },
    );
    expect(await digest('sub/one.tar')).toBe(first);
  });

  it('gives the same bytes to an ordinary user, from an empty cache', async () => {
    const user = await makeOrdinaryUser(folder);
    try {
      const command = ['bookworm', join(folder, 'user.tar'), `${mirror.url}/debian`, '--quiet'];
      const args = [`--lock=${join(folder, 'first.tar.lock.json')}`, `--cache-dir=${user.home}/cache`];
      const [setpriv = '', ...as] = user.as;
      await run(setpriv, [...as, process.execPath, user.main, ...command, ...args], {
        cwd: '/',
        env: { PATH: process.env.PATH ?? '' },
      });
    } finally {
      user.remove();
    }
    expect(await digest('user.tar')).toBe(first);
  });

  it('gives the same bytes to root without CAP_SYS_ADMIN', async () => {
    const within = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin', process.execPath];
    await mkbase('plain.tar', ['--lock=first.tar.lock.json', '--cache-dir=cache'], within);
    expect(await digest('plain.tar')).toBe(first);
  });

  it.each([20, 22, 24])('gives the same bytes on Node %i', async (version) => {
    const name = `node-linux-${process.arch}`;
    const prefix = `--prefix=${join(folder, `node-${version}`)}`;
    await run('npm', ['install', prefix, '--ignore-scripts', '--no-audit', `${name}@${version}`]);
    const node = join(folder, `node-${version}/node_modules`, name, 'bin/node');
    await mkbase(`${version}.tar`, ['--lock=first.tar.lock.json', '--cache-dir=cache'], [node]);
    expect(await digest(`${version}.tar`)).toBe(first);
  });

  /** A secret of its own, to which nothing is sealed that another build has kept. */
  function nothingKept(name: string): NodeJS.ProcessEnv {
    return { XDG_STATE_HOME: join(folder, `state of ${name}`) };
  }

  async function mkbase(
    target: string,
    args: readonly string[],
    node: readonly string[] = [process.execPath],
  ): Promise<void> {
    const [program = '', ...before] = node;
    const command = [MAIN, 'bookworm', target, `${mirror.url}/debian`, '--quiet', ...args];
    await run(program, [...before, ...command], {
      cwd: folder,
      env: { ...process.env, ...nothingKept(target) },
    });
  }

  async function digest(name: string): Promise<string> {
    return createHash('sha256')
      .update(await readFile(join(folder, name)))
      .digest('hex');
  }
});
