import { execFile, execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { describeWith } from './needs.ts';
import { makeOrdinaryUser } from './ordinary-user.ts';
import { MAIN, run } from './run.ts';

const WITHOUT_ADMIN = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin'];

describeWith(['root', 'useradd', 'newuidmap', 'setpriv'], 'a build', () => {
  let folder: string;
  let mirror: Mirror;
  let usual: Buffer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-where-'));
    mirror = await startLiveMirror();
    await build([], 'usual.tar');
    usual = await readFile(join(folder, 'usual.tar'));
  });
  afterAll(async () => {
    await mirror?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Builds the Essential set of bookworm into `target` of the folder, under `wrapper`. */
  async function build(
    wrapper: readonly string[],
    target: string,
    { env, options = [] }: { env?: NodeJS.ProcessEnv; options?: readonly string[] } = {},
  ): Promise<string> {
    const place = target.replace(/^([a-z-]+:)?/, `$1${folder}/`);
    const args = [MAIN, 'bookworm', place, `${mirror.url}/debian`, '--variant=essential', ...options];
    const cache = [`--cache-dir=${join(folder, 'cache')}`, '--no-cache-results'];
    const [program = '', ...rest] = [...wrapper, process.execPath, ...args, ...cache];
    const { stderr } = await promisify(execFile)(program, rest, {
      env: { ...process.env, ...env },
    });
    return stderr;
  }

  it('as root without CAP_SYS_ADMIN gives the same bytes, and says what scripts could reach', async () => {
    expect(await build(WITHOUT_ADMIN, 'plain.tar')).toContain('without CAP_SYS_ADMIN');
    expect((await readFile(join(folder, 'plain.tar'))).equals(usual)).toBe(true);
  });

  it('leaves nothing running in a plain chroot', async () => {
    const hook = '--customize-hook=chroot "$1" sh -c "sleep 600 & exit 0"';
    await build(WITHOUT_ADMIN, 'daemon', { options: [hook] });
    expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain('sleep 600');
  });

  it('needs no sbin in PATH and no room in /tmp', async () => {
    const tiny = join(folder, 'tiny');
    await mkdir(tiny);
    const mounting = `mount -t tmpfs -o size=1m none ${tiny} && exec "$@"`;
    await build(['unshare', '--mount', 'sh', '-c', mounting, 'sh'], 'docker-archive:image.tar:base:1', {
      env: { TMPDIR: tiny, PATH: '/usr/bin:/bin' },
    });
    expect(await readdir(folder)).toContain('image.tar');
  });

  it('works on a file system with neither devices nor programs', async () => {
    const place = join(folder, 'nodev');
    await mkdir(place);
    const script = `mount -t tmpfs -o nodev,noexec,nosuid none ${place} && "$@" && cp ${place}/out.tar ${folder}/nodev.tar`;
    await build(['unshare', '--mount', 'sh', '-c', script, 'sh'], 'nodev/out.tar');
    expect((await readFile(join(folder, 'nodev.tar'))).equals(usual)).toBe(true);
  });

  it.each(['out', 'oci:layout'])('on a full disk, making %s, says so and leaves nothing', async (target) => {
    const place = join(folder, 'full');
    await mkdir(place, { recursive: true });
    const script = `mount -t tmpfs -o size=30m none ${place} && "$@"; status=$?; ls -A ${place}; exit $status`;
    const wrapper = ['unshare', '--mount', 'sh', '-c', script, 'sh'];
    const failure = await build(wrapper, target.replace(/(oci:)?/, '$1full/')).catch((error) => error);
    expect(failure.stderr).toContain('error: no space is left');
    expect(failure.code).toBe(9);
    expect(failure.stdout.trim()).toBe('');
  });

  it('as root of a user namespace with many ids, as in a rootless container, gives the same bytes', async () => {
    const user = await makeOrdinaryUser(folder);
    onTestFinished(user.remove);
    await chmod(folder, 0o755);
    const own = join(user.home, 'contained');
    const program = [...user.as, 'unshare', '--user', '--map-root-user', '--map-auto', process.execPath];
    const options = ['--variant=essential', '--quiet'];
    for (const target of [`${own}.tar`, own]) {
      await run('env', [...program, user.main, 'bookworm', target, `${mirror.url}/debian`, ...options]);
    }
    expect((await readFile(`${own}.tar`)).equals(usual)).toBe(true);
    expect(await readdir(own)).toContain('usr');
  });

  it('as the only user of a namespace is refused with what helps, and unpacks without scripts', async () => {
    await chmod(folder, 0o755);
    const alone = ['unshare', '--user', '--map-root-user'];
    await expect(build(alone, 'alone.tar')).rejects.toMatchObject({
      stderr: expect.stringMatching(/root has 1 user ids here.*\n\nhint: .*--scripts=skip/),
    });
    expect(await build(alone, 'alone.tar', { options: ['--scripts=skip'] })).not.toContain('error');
  });
});
