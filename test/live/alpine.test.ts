/** Bases of Alpine through the command line: the official image's tree, and what docker-alpine tests of its own. */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { Root } from '../../src/rootfs/root.ts';
import { scanTree } from '../../src/rootfs/scan.ts';
import { appletLines, goldenLines, goldens, treeLines } from '../families/apk/golden-support.ts';
import { type Docker, startDocker } from '../support/dockerd.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { describeWith, sharedPath } from './needs.ts';
import { MAIN } from './run.ts';

const MIRROR = '../shared/data/alpine-mirror';
const KEY = join(sharedPath(MIRROR), 'keys/mkbase-test-a@example.invalid-0a0a0a0a.rsa.pub');

describeWith(['root', MIRROR], 'the official minirootfs', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-alpine-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(['x86_64', 'aarch64'])('of %s is made, without running a script', (arch) => {
    const out = join(folder, arch);
    const options = ['--components=main,synthetic', '--keyring', KEY, '--cache-dir', join(folder, 'cache')];
    const mirror = `file://${join(sharedPath(MIRROR), 'alpine')}`;
    execFileSync(process.execPath, [
      ...[MAIN, 'alpine:3.20', out, mirror, '--arch', arch, '--scripts=skip', '--quiet'],
      ...options,
    ]);
    const [, golden] = goldens('noscripts').find(([name]) => name === `v3.20-${arch}.base.noscripts.json`)!;
    const expected = [...goldenLines(golden), ...appletLines(golden)];
    const made = treeLines(scanTree(new Root(out)), out);
    const added = made.filter((line) => !expected.includes(line)).map((line) => line.split(' ')[0]);
    expect(added).toEqual([
      'etc/alpine-release',
      'etc/apk/keys/mkbase-test-a@example.invalid-0a0a0a0a.rsa.pub',
      'etc/apk/repositories',
      'etc/issue',
      'etc/os-release',
      'etc/secfixes.d',
      'etc/secfixes.d/alpine',
      // With root's password locked.
      'etc/shadow',
    ]);
    const missing = expected.filter((line) => !made.includes(line));
    expect(missing.map((line) => line.split(' ')[0])).toEqual(['etc/shadow']);
  });
});

describeWith(['root', MIRROR], 'an Alpine base for a machine that this one is not', () => {
  it('says so where its scripts cannot run', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mkbase-live-alpine-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const other = process.arch === 'arm64' ? 'x86_64' : 'aarch64';
    const mirror = `file://${join(sharedPath(MIRROR), 'alpine')}`;
    const options = ['--components=main', '--keyring', KEY, '--cache-dir', join(folder, 'cache')];
    const { status, stderr } = spawnSync(
      process.execPath,
      [MAIN, 'alpine:3.20', join(folder, 'out'), mirror, '--arch', other, '--quiet', ...options],
      { encoding: 'utf8' },
    );
    expect(stderr).toContain(`this host cannot run programs of \`${other}\``);
    expect(status).toBe(3);
  });
});

describeWith(['root', MIRROR], 'an Alpine base is the same to the byte', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-alpine-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const digestOf = (name: string, ...options: readonly string[]) => digestAs([], name, ...options);
  const digestAs = async (wrapper: readonly string[], name: string, ...options: readonly string[]) => {
    const out = join(folder, name);
    const mirror = `file://${join(sharedPath(MIRROR), 'alpine')}`;
    const common = ['--components=main,synthetic', '--keyring', KEY, '--quiet'];
    const cache = ['--cache-dir', join(folder, `cache-${name}`)];
    const [program = '', ...args] = [...wrapper, process.execPath, MAIN, 'alpine:3.20', out, mirror];
    execFileSync(program, [...args, ...common, ...cache, ...options]);
    return createHash('sha256')
      .update(await readFile(out))
      .digest('hex');
  };

  it('with and without namespaces, where no script runs', async () => {
    const root = await digestOf('root.tar', '--scripts=skip', '--mode=root');
    expect(await digestOf('none.tar', '--mode=none')).toBe(root);
  });

  it('whatever comes first and whatever root may do, where scripts run', async () => {
    const first = await digestOf('a.tar', '--jobs=1');
    expect(await digestOf('b.tar', '--jobs=4')).toBe(first);
    const plain = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin'];
    expect(await digestAs(plain, 'c.tar')).toBe(first);
  });
});

describeWith(['root', MIRROR], 'hooks of an Alpine base', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-alpine-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('find apk and its database in place, and leave no date of today', async () => {
    const out = join(folder, 'out');
    execFileSync(process.execPath, [
      ...[MAIN, 'alpine:3.20', out, `file://${join(sharedPath(MIRROR), 'alpine')}`, '--quiet'],
      ...['--components=main', '--keyring', KEY, '--cache-dir', join(folder, 'cache')],
      ...['--setup-hook=ls "$1/etc/apk" > "$1/tmp/seen"; cp "$1/tmp/seen" "$1/seen"'],
      ...['--customize-hook=chroot "$1" apk info >> "$1/seen"; chroot "$1" adduser -D someone'],
    ]);
    const seen = (await readFile(join(out, 'seen'), 'utf8')).trim().split('\n');
    expect(seen.slice(0, 4)).toEqual(['arch', 'keys', 'repositories', 'world']);
    expect(seen).toHaveLength(4 + 14);
    // The newest package is of 2024-09-03.
    expect(await readFile(join(out, 'etc/shadow'), 'utf8')).toContain('\nsomeone:!:19969:');
  });
});

describeWith(['root', 'dockerd', 'docker', MIRROR], 'an Alpine image in docker', () => {
  let folder: string;
  let docker: Docker | null;
  let server: TestServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-alpine-'));
    docker = await startDocker();
    server = await startServer(join(sharedPath(MIRROR), 'alpine'));
    if (docker === null) return;
    const common = [server.url, '--keyring', KEY, '--cache-dir', join(folder, 'cache'), '--quiet'];
    await make('docker-archive:official.tar:base:official', ...common, '--components=main,synthetic');
    const small = '--variant=empty --include=apk-tools,busybox-binsh,alpine-baselayout --components=main';
    await make('docker-archive:small.tar:base:small', ...common, small);
    for (const name of ['official', 'small']) await shell(`docker load -q -i ${name}.tar`);
  });
  afterAll(async () => {
    await docker?.stop();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(({ skip }) => {
    if (docker !== null) return;
    process.stderr.write('skipped: an Alpine image in docker: dockerd does not start here\n');
    skip('dockerd does not start here');
  });

  // The checks of docker-alpine's test suite on each of its images.
  it('says its version', async () => {
    expect(await inside('official', 'cat /etc/os-release')).toContain('VERSION_ID=3.20.3\n');
  });
  it('has UTC for its time', async () => {
    expect(await inside('official', 'date +%Z')).toBe('UTC\n');
  });
  it('has no script of times past', async () => {
    expect(await inside('official', 'which apk-install || echo none')).toBe('none\n');
  });
  it('names its repositories', async () => {
    expect(await inside('official', 'cat /etc/apk/repositories')).toBe(
      `${server.url}/v3.20/main\n${server.url}/v3.20/synthetic\n`,
    );
  });
  it('has an empty cache', async () => {
    expect(await inside('official', 'ls -A /var/cache/apk | wc -l')).toBe('0\n');
  });
  it('lets nobody become root', async () => {
    const become = shell('docker run --rm --user nobody base:official su -c true </dev/null');
    await expect(become).rejects.toThrowError();
  });
  it('has no device nodes of its own', async () => {
    const command = 'docker save base:official | tar xO --wildcards "*layer.tar" | tar t | grep -c ^dev/null';
    expect(await shell(`${command} || true`)).toBe('0\n');
  });
  it('takes more packages', async () => {
    const added = await inside(
      'small',
      'apk add --no-cache scanelf && scanelf -V | head -n1 && apk audit --system',
      '--network=host',
    );
    expect(added).toContain('Installing scanelf (1.3.7-r2)');
    expect(added).toContain('OK: ');
    expect(added).toContain('pax-utils-1.3.7');
  });

  it('has a database in which apk finds nothing amiss', async () => {
    expect(await inside('official', 'apk audit --system 2>/dev/null; apk info -q | wc -l')).toBe('14\n');
    expect(await inside('official', 'apk fix --no-network 2>&1 | tail -n1')).toMatch(/^OK: /);
  });

  /** Not with a call that blocks: the mirror is in this process. */
  function make(...args: readonly string[]): Promise<string> {
    return shell(`'${process.execPath}' ${MAIN} alpine:3.20 ${args.join(' ')}`);
  }

  function inside(image: string, command: string, network = '--network=none'): Promise<string> {
    return shell(`docker run --rm ${network} base:${image} sh -c '${command}'`);
  }

  function shell(command: string): Promise<string> {
    const env = { ...process.env, DOCKER_HOST: docker?.host };
    return new Promise((resolve, reject) => {
      execFile('sh', ['-c', command], { cwd: folder, env }, (error, stdout) => {
        if (error === null) resolve(stdout);
        else reject(error);
      });
    });
  }
});
