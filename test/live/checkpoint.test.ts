import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { describeWith } from './needs.ts';
import { makeOrdinaryUser } from './ordinary-user.ts';
import { MAIN } from './run.ts';

// Not synchronous: the mirror answers from this process.
const run = promisify(execFile);

/** Accounts, capabilities, debconf's questions, and packages that Pre-Depend on others. */
const ADDED = '--include=dbus,iputils-ping,locales';

describeWith(['root', 'useradd', 'newuidmap', 'setpriv'], 'a base that begins at a checkpoint', () => {
  let folder: string;
  let mirror: Mirror;
  /** For builds from nothing. */
  let plain: string;
  let more: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-point-'));
    await chmod(folder, 0o1777);
    mirror = await startLiveMirror();
    more = await digest(await mkbase('more.tar', 'cache', [ADDED]));
    // A machine that had to fetch the packages may be a temporary one.
    expect(await checkpoints('cache')).toEqual([]);
    plain = await digest(await mkbase('plain.tar', 'cache'));
  });
  afterAll(async () => {
    await mirror?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('has the bytes of one from nothing, with packages more and without', async () => {
    const [kept] = await checkpoints('cache');
    const bytes = await readFile(kept!);
    expect(await digest(await mkbase('1.tar', 'cache', [ADDED]))).toBe(more);
    expect(await digest(await mkbase('2.tar', 'cache'))).toBe(plain);
    expect(await checkpoints('cache')).toEqual([kept]);
    // It was used, and not made again: each that is made has a number of its own.
    expect(bytes.equals(await readFile(kept!))).toBe(true);
  });

  it('has them where the checkpoint was spoiled half way, or cut off', async () => {
    const [kept] = await checkpoints('cache');
    const bytes = await readFile(kept!);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(kept!, bytes);
    const { stderr } = await command('3.tar', 'cache', [ADDED]);
    expect(stderr).toContain('is not as it was kept');
    expect(await digest('3.tar')).toBe(more);
    await truncate((await checkpoints('cache'))[0]!, 1_000_000);
    expect(await digest(await mkbase('4.tar', 'cache'))).toBe(plain);
  });

  it('has them of an ordinary user, whose own checkpoint it begins at', async () => {
    const user = await makeOrdinaryUser(folder);
    try {
      const [setpriv = '', ...as] = user.as;
      for (const [target, args] of [
        ['5.tar', [ADDED]],
        ['6.tar', []],
        ['7.tar', [ADDED]],
      ] as const) {
        const out = join(folder, target);
        const options = [`--cache-dir=${user.home}/cache`, '--lock-out=-', '--no-cache-results', ...args];
        await run(
          setpriv,
          [...as, process.execPath, user.main, 'bookworm', out, `${mirror.url}/debian`, ...options],
          {
            cwd: '/',
            env: { PATH: process.env.PATH ?? '', XDG_STATE_HOME: `${user.home}/state` },
          },
        );
      }
      expect(await checkpoints(join(user.home, 'cache'))).toHaveLength(1);
    } finally {
      user.remove();
    }
    expect(await digest('5.tar')).toBe(more);
    expect(await digest('6.tar')).toBe(plain);
    expect(await digest('7.tar')).toBe(more);
  });

  async function mkbase(target: string, cache: string, args: readonly string[] = []): Promise<string> {
    await command(target, cache, args);
    return target;
  }

  function command(target: string, cache: string, args: readonly string[]) {
    const options = [`--cache-dir=${cache}`, '--lock-out=-', '--no-cache-results', ...args];
    return run(process.execPath, [MAIN, 'bookworm', target, `${mirror.url}/debian`, ...options], {
      cwd: folder,
      env: { ...process.env, XDG_STATE_HOME: join(folder, 'state') },
    });
  }

  /** Their files, in a cache. */
  async function checkpoints(cache: string): Promise<string[]> {
    const below = join(resolve(folder, cache), 'v1/derived');
    const entries = await readdir(below, { recursive: true, withFileTypes: true }).catch(() => []);
    return entries
      .filter((entry) => entry.isFile() && entry.parentPath.includes('/checkpoint/'))
      .map(({ parentPath, name }) => join(parentPath, name));
  }

  async function digest(name: string): Promise<string> {
    return createHash('sha256')
      .update(await readFile(join(folder, name)))
      .digest('hex');
  }
});
