import { createHash } from 'node:crypto';
import { lstat, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readDebControl } from '../../src/families/apt/package/deb.ts';
import type { Lock } from '../../src/lock/lock.ts';
import { buildDeb } from '../support/deb.ts';
import { detachedSign, makeKey, type TestKey } from '../support/key.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { describeWith, sharedPath } from './needs.ts';
import { MAIN, run } from './run.ts';

const SIGNED = '../shared/data/ubuntu-trusty-signed';
const TWENTY =
  'openssh-server,apache2,vim,git,python3,build-essential,mysql-server,postgresql,curl,wget,rsync,nginx,php5,ruby,cron,tmux,screen,man-db,locales,dbus';

describeWith([SIGNED], 'trusty’s real metadata', () => {
  let mirror: TestServer;
  let cache: string;
  beforeAll(async () => {
    mirror = await startServer(sharedPath(SIGNED));
    cache = await mkdtemp(join(tmpdir(), 'mkbase-live-trusty-'));
  });
  afterAll(async () => {
    await mirror?.close();
    await rm(cache, { recursive: true, force: true });
  });

  const names = async (...options: string[]) =>
    (
      await run(process.execPath, [
        ...[MAIN, 'trusty', '--print-debs', '--arch=amd64', `--mirror=${mirror.url}`, `--cache-dir=${cache}`],
        ...options,
      ])
    )
      .trim()
      .split(' ');

  it('is accepted by its real signatures of 2014 and 2020, and gives a minbase', async () => {
    const minbase = await names();
    expect(minbase).toEqual(expect.arrayContaining(['apt', 'upstart', 'ubuntu-keyring', 'mawk', 'libc6']));
    expect(minbase).toHaveLength(107);
  });

  it('resolves twenty packages that people install', async () => {
    expect(await names(`--include=${TWENTY}`)).toEqual(expect.arrayContaining(TWENTY.split(',')));
  });
});

describeWith(['root'], 'a suite like trusty', () => {
  let folder: string;
  let mirror: TestServer;
  let keyring: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-trusty-'));
    const key = await makeKey();
    keyring = join(folder, 'key.asc');
    await writeFile(keyring, key.armored);
    mirror = await startServer(await trustyLike(folder, key));
  });
  afterAll(async () => {
    await mirror?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const build = async (name: string, ...options: string[]) => {
    const out = join(folder, name);
    const origin = [mirror.url, `--keyring=${keyring}`, '--pockets=release', `--cache-dir=${folder}/cache`];
    await run(process.execPath, [
      ...[MAIN, 'trusty', out, ...origin, '--variant=essential', '--include=upstart', '--quiet'],
      ...options,
    ]);
    return out;
  };
  const text = (...path: string[]) => readFile(join(...path), 'latin1').catch(() => null);

  it('has a split /usr, sources in lines, and the initctl that was silent while scripts ran', async () => {
    const out = await build('out');
    for (const name of ['bin', 'sbin', 'lib']) {
      expect((await lstat(join(out, name))).isDirectory()).toBe(true);
    }
    expect(await text(out, 'etc/apt/sources.list')).toBe(`deb ${mirror.url} trusty main\n`);
    expect(await text(out, 'sbin/initctl')).toContain('exit 9');
    expect(await text(out, 'sbin/initctl.distrib')).toBeNull();
    expect((await text(out, 'var/lib/dpkg/diversions')) ?? '').not.toContain('initctl');
    expect(await run('chroot', [out, 'dpkg', '--audit'])).toBe('');
    expect(await run('chroot', [out, 'dpkg', '--verify', 'upstart'])).toBe('');
  });

  it('keeps the silence and its diversion with Docker’s settings, and fetches gzipped indexes first', async () => {
    const out = await build('docker', '--docker-settings');
    expect(await text(out, 'sbin/initctl')).toBe('#!/bin/sh\nexit 0\n');
    expect(await text(out, 'sbin/initctl.distrib')).toContain('exit 9');
    expect(await text(out, 'usr/sbin/policy-rc.d')).toContain('exit 101');
    expect(await text(out, 'etc/apt/apt.conf.d/docker-gzip-indexes')).toContain('Order:: "gz"');
    const list = await run('chroot', [out, 'dpkg-divert', '--list']);
    expect(list).toContain('local diversion of /sbin/initctl to /sbin/initctl.distrib');
  });
});

/**
 * bullseye's Essential set, the oldest that this machine can fetch and run, and an upstart whose initctl
 * must not be called, as a suite with nothing but gzipped indexes and Release.gpg.
 */
async function trustyLike(folder: string, key: TestKey): Promise<Map<string, Buffer>> {
  const live = await startLiveMirror();
  const tar = join(folder, 'bullseye.tar');
  const options = ['--variant=essential', '--scripts=skip', '--quiet', `--cache-dir=${folder}/bullseye`];
  await run(process.execPath, [MAIN, 'bullseye', tar, `${live.url}/debian`, ...options]);
  const lock = JSON.parse(await readFile(`${tar}.lock.json`, 'utf8')) as Lock;
  const files = new Map<string, Buffer>();
  const stanzas: string[] = [];
  const add = async (path: string, bytes: Buffer) => {
    const { control } = await readDebControl(bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const fields = `Filename: ${path}\nSize: ${bytes.length}\nSHA256: ${sha256}\n`;
    stanzas.push(`${control.get('control')!.body.toString('latin1').trimEnd()}\n${fields}`);
    files.set(path, bytes);
  };
  for (const { path, pocket } of lock.packages) {
    const archive = pocket === 'security' ? 'debian-security' : 'debian';
    await add(path, Buffer.from(await (await fetch(`${live.url}/${archive}/${path}`)).arrayBuffer()));
  }
  await live.close();
  const script = (status: number) => ({ content: `#!/bin/sh\nexit ${status}\n`, mode: 0o755 });
  const upstart = await buildDeb({
    name: 'upstart',
    files: { 'sbin/initctl': script(9) },
    control: { postinst: '#!/bin/sh\nset -e\ninitctl start anything\n' },
  });
  await add('pool/u/upstart.deb', upstart);

  const { gzipSync } = await import('node:zlib');
  const index = gzipSync(Buffer.from(stanzas.join('\n'), 'latin1'));
  files.set('dists/trusty/main/binary-amd64/Packages.gz', index);
  const digest = createHash('sha256').update(index).digest('hex');
  const release = [
    ...['Origin: Ubuntu', 'Suite: trusty', 'Codename: trusty', 'Date: Thu, 08 May 2014 14:19:09 UTC'],
    ...['Architectures: amd64', 'Components: main', 'SHA256:'],
    ` ${digest} ${index.length} main/binary-amd64/Packages.gz\n`,
  ].join('\n');
  files.set('dists/trusty/Release', Buffer.from(release));
  files.set('dists/trusty/Release.gpg', Buffer.from(await detachedSign(release, [key], new Date())));
  return files;
}
