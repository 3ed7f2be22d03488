import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { describeWith } from './needs.ts';
import { MAIN, run } from './run.ts';

/** Programs of busybox that the scripts of its few packages use. */
const APPLETS = [
  ...[
    'sh',
    'cat',
    'chmod',
    'chown',
    'cp',
    'cut',
    'diff',
    'dirname',
    'basename',
    'echo',
    'env',
    'expr',
    'find',
  ],
  ...[
    'grep',
    'head',
    'id',
    'install',
    'ln',
    'ls',
    'mkdir',
    'mktemp',
    'mv',
    'printf',
    'readlink',
    'rm',
    'sed',
  ],
  ...['rmdir', 'sort', 'stat', 'test', 'touch', 'tr', 'true', 'uname', 'uniq', 'wc', 'xargs', 'sync', 'tail'],
];

const CUSTOM = '--variant=custom';

/** Those of mmdebstrap's and debootstrap's own tests that have no other place; docs/decisions/0120 has all. */
describeWith(['root'], 'what mmdebstrap’s and debootstrap’s tests ask', () => {
  let folder: string;
  let mirror: Mirror;
  let plain: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-behaviours-'));
    mirror = await startLiveMirror();
    await mkbase('plain.tar', []);
    plain = await digest('plain.tar');
  });
  afterAll(async () => {
    await mirror?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('fail-with-path-with-quotes, chroot-directory-not-accessible-by-apt-user: both build', async () => {
    await mkdir(join(folder, 'closed'), { mode: 0o700 });
    const name = 'closed/"quoted\' $(x)\n';
    await mkbase(name, []);
    expect(await readdir(join(folder, 'closed'))).toEqual(['"quoted\' $(x)\n', '"quoted\' $(x)\n.lock.json']);
    const root = join(folder, name);
    expect(await readdir(join(root, 'etc'))).not.toEqual(expect.arrayContaining(['hostname']));
    // debootstrap's debian-testing.
    expect(await readFile(join(root, 'etc/debian_version'), 'utf8')).toMatch(/^12\./);
    expect((await lstat(join(root, 'usr/bin/env'))).mode & 0o111).toBe(0o111);
    for (const [node, device] of Object.entries({ full: 0x107, null: 0x103, ptmx: 0x502 })) {
      const { mode, rdev } = await lstat(join(root, 'dev', node));
      expect([mode & 0o777, rdev]).toEqual([0o666, device]);
    }
    const inside = (command: string) =>
      run('unshare', [
        '--mount',
        'sh',
        '-c',
        'mount -t devpts none "$0/dev/pts" && chroot "$0" sh -c "$1"',
        root,
        command,
      ]);
    expect(
      await inside('setpriv --reuid=65534 --regid=65534 --clear-groups cat /etc/debian_version'),
    ).toMatch(/^12/);
    // dev-ptmx, check_fake_pbuilder
    expect(await inside('script -qec "test -t 0 && echo pty" /dev/null')).toContain('pty');
  });

  it('arm64-without-qemu-support, i386-which-can-be-executed-without-qemu', async () => {
    await mkbase('i386.tar', ['--arch=i386']);
    const failure = await mkbase('arm.tar', ['--arch=ppc64el']).catch((error) => error);
    expect(failure.code).toBe(3);
    expect(failure.stderr).toContain('this host cannot run programs of `ppc64el`');
  });

  it('include-foreign-libmagic-mgc: is refused by name', async () => {
    const include = '--include=libmagic-mgc:arm64';
    const failure = await mkbase('foreign.tar', [include]).catch((error) => error);
    expect(failure.stderr).toContain('`libmagic-mgc:arm64` is of another architecture than `amd64`');
  });

  it('missing-device-nodes-outside-the-chroot, root-mode-inside-chroot: both give the same bytes', async () => {
    const [root, dev] = [join(folder, 'root'), join(folder, 'dev')];
    await mkdir(root);
    await mkdir(dev);
    const script = [
      `mount --rbind / ${root}; mount -t tmpfs none ${dev}`,
      `for n in null zero urandom; do touch ${dev}/$n; mount --bind /dev/$n ${dev}/$n; done`,
      `mount --rbind ${dev} ${root}/dev; exec chroot ${root} "$@"`,
    ];
    await mkbase('inside.tar', [], ['unshare', '--mount', 'sh', '-c', script.join('\n'), 'sh']);
    expect(await digest('inside.tar')).toBe(plain);
  });

  it('create-directory-dry-run, create-tarball-dry-run', async () => {
    for (const target of ['dry', 'dry.tar']) await mkbase(target, ['--simulate']);
    expect((await readdir(folder)).filter((name) => name.includes('dry'))).toEqual([]);
  });

  it('unpack-doc-debian', async () => {
    await mkbase('doc.tar', [CUSTOM, '--include=doc-debian', '--scripts=skip']);
    expect(await names('doc.tar')).toContain('usr/share/doc/debian/bug-log-access.txt');
  });

  it('install-busybox-based-sub-essential-system', async () => {
    const setup = [
      `mkdir -p "$1/bin" "$1/etc"; for p in ${APPLETS.join(' ')}; do ln -s busybox "$1/bin/$p"; done`,
      'echo root:x:0:0:root:/root:/bin/sh > "$1/etc/passwd"',
      'printf "root:x:0:\\nmail:x:8:\\nutmp:x:43:\\n" > "$1/etc/group"',
    ];
    const include = '--include=base-files,base-passwd,busybox,debianutils,dpkg,libc-bin,mawk,tar';
    const hooks = setup.map((text) => `--setup-hook=${text}`);
    await mkbase('busybox', [CUSTOM, include, ...hooks]);
    const root = join(folder, 'busybox');
    expect(await run('chroot', [root, 'sh', '-c', 'echo "$(readlink /bin/sh)"; dpkg --audit'])).toBe(
      'busybox\n',
    );
    const state = await readFile(join(root, 'var/lib/dpkg/status'), 'utf8');
    expect(state.match(/^Status: install ok installed$/gm)?.length).toBe(state.match(/^Package: /gm)?.length);
    await expect(mkbase('shell-less', [CUSTOM, include])).rejects.toMatchObject({
      stderr: expect.stringContaining('the preinst of `libc6` failed: it has no interpreter'),
    });
  });

  it('skip-output-dev, pre-seeded-var-cache-apt-archives, and keys that scripts draw', async () => {
    const seed = 'mkdir -p "$1/var/cache/apt/archives"; echo x > "$1/var/cache/apt/archives/seed_1_all.deb"';
    const { stderr } = await mkbase('out.tar', [
      ...['--include=openssh-server,ssl-cert,dbus', '--exclude-path=/dev/*', `--setup-hook=${seed}`],
    ]);
    expect(stderr).toMatch(/were removed: .*\/etc\/ssh\/ssh_host_ed25519_key, .*ssl-cert-snakeoil\.key/);
    const listed = await names('out.tar');
    expect(listed.filter((name) => name.startsWith('dev/'))).toEqual(['dev/']);
    const unwanted =
      /\.deb$|ssh_host_|ssl-cert-snakeoil|ssl\/certs\/[0-9a-f]{8}\.0|var\/lib\/dbus\/machine-id/;
    expect(listed.filter((name) => unwanted.test(name))).toEqual([]);
  });

  async function mkbase(
    target: string,
    options: readonly string[],
    wrapper: readonly string[] = [],
  ): Promise<{ stderr: string }> {
    const args = ['bookworm', join(folder, target), `${mirror.url}/debian`, '--pockets=release'];
    if (!options.includes(CUSTOM)) args.push('--variant=essential');
    const command = [
      ...wrapper,
      process.execPath,
      MAIN,
      ...args,
      `--cache-dir=${folder}/cache`,
      '--no-cache-results',
      ...options,
    ];
    const [program = '', ...rest] = command;
    return promisify(execFile)(program, rest);
  }

  async function names(tar: string): Promise<readonly string[]> {
    return (await run('tar', ['-tf', join(folder, tar)])).trim().split('\n');
  }

  async function digest(name: string): Promise<string> {
    return createHash('sha256')
      .update(await readFile(join(folder, name)))
      .digest('hex');
  }
});
