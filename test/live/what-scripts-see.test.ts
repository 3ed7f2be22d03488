import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { buildDeb } from '../support/deb.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { describeWith } from './needs.ts';
import { makeOrdinaryUser, type OrdinaryUser } from './ordinary-user.ts';
import { MAIN } from './run.ts';

const KEYCTL = process.arch === 'x64' ? 250 : 219;
const SOCKET = process.arch === 'x64' ? 41 : 198;

/** A script's findings, by name: the output of sh(1). */
const LOOKS: Readonly<Record<string, string>> = {
  descriptors: `perl -MPOSIX -e 'print join " ", grep { my $d = POSIX::dup($_); defined $d and POSIX::close($d) } 0..40'`,
  environment: 'env | cut -d= -f1 | sort | tr "\\n" " "',
  ids: 'echo $(id -u) $(id -g) $(id -G)',
  hostname: 'hostname',
  terminal: '(: < /dev/tty) 2>&1 | grep -c "No such device or address"',
  limits: 'echo $(ulimit -Hn) $(ulimit -Hc)',
  devices: 'cd /dev; echo *; cd - > /dev/null',
  'a device by another user': `perl -e '$> = 65534; open my $null, ">", "/dev/null" or print "none"; print $null "x"'; stat -c %a /dev/null`,
  'the device itself':
    'chmod 600 /dev/zero 2>/dev/null; stat -c %a /dev/zero; chmod 666 /dev/zero 2>/dev/null',
  capabilities: `perl -e 'my $n; $n |= 1 << $_ for grep { syscall(${process.arch === 'x64' ? 157 : 167}, 23, $_, 0, 0, 0) == 1 } 0..41; printf "%x", $n'`,
  keys: `perl -e 'syscall(${KEYCTL}, 0, $_, 0) >= 0 and print "$_ " for -5..-1; print $!'`,
  vsock: `perl -e 'print syscall(${SOCKET}, 40, 1, 0) < 0 ? "$!" : "open"'`,
  'user namespace': 'unshare --user true 2>&1 | sed "s/.*: //"',
  cgroups: 'ls -A /sys/fs/cgroup 2>/dev/null | wc -l',
  processes: 'ls -d /proc/[0-9]* 2>/dev/null | wc -l',
  mounts: 'cut -d" " -f2 /proc/mounts 2>/dev/null | sort | tr "\\n" " "',
  interfaces: 'ls /sys/class/net 2>/dev/null',
  'kernel log': 'dmesg > /dev/null 2>&1; echo $?',
  'sizes in kB': 'df -k /dev /dev/shm 2>/dev/null | tail -n +2 | tr -s " " | cut -d" " -f2 | tr "\\n" " "',
};

const ISOLATED = {
  descriptors: '0 1 2',
  ids: '0 0 0',
  terminal: '1',
  limits: '1024 0',
  'a device by another user': '666',
  capabilities: 'a00405fb',
  keys: 'Operation not permitted',
  vsock: 'Address family not supported by protocol',
  'user namespace': 'Operation not permitted',
  cgroups: '0',
  'kernel log': '1',
};
const NAMESPACED = {
  ...ISOLATED,
  hostname: 'localhost',
  devices: 'fd full null ptmx pts random shm stderr stdin stdout tty urandom zero',
  interfaces: 'lo',
  'sizes in kB': '1024 65536',
};
const SEEN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  root: { ...NAMESPACED, 'the device itself': '600' },
  unshare: { ...NAMESPACED, 'the device itself': '666' },
  // No /proc and no /sys; chroot(2) would lead out of it.
  chroot: { ...ISOLATED, hostname: hostname(), capabilities: 'a00005fb', processes: '0', interfaces: '' },
};

describeWith(['root', 'useradd', 'newuidmap', 'setpriv'], 'a script sees nothing of the host', () => {
  let folder: string;
  let mirror: Mirror;
  let user: OrdinaryUser;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-sight-'));
    await chmod(folder, 0o1777);
    mirror = await startLiveMirror();
    user = await makeOrdinaryUser(folder);
    const body = Object.entries(LOOKS).map(([name, look]) => `echo "SEEN ${name}: $( ${look} )"`);
    const postinst = `#!/bin/sh\n${body.join('\n')}\nexit 0\n`;
    const file = join(folder, 'looks.deb');
    await writeFile(file, await buildDeb({ name: 'looks', arch: 'all', control: { postinst } }));
  });
  afterAll(async () => {
    user?.remove();
    await mirror?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(['root', 'unshare', 'chroot'])('but what is meant, in mode %s', async (mode) => {
    const seen = await look(mode);
    expect(seen).toMatchObject(SEEN[mode]!);
    expect(seen.environment).not.toMatch(/SECRET|HOME_OF|SUDO/);
    if (mode === 'chroot') return;
    expect(Number(seen.processes)).toBeLessThan(12);
    const ours =
      /^(\/|\/(dev|proc|sys|tmp|usr\/s?bin\/(start-stop-daemon|ischroot|dpkg-maintscript-helper))(\/.*)?)$/;
    expect(seen.mounts!.split(' ').filter((mount) => mount !== '' && !ours.test(mount))).toEqual([]);
  });

  async function look(mode: string): Promise<Record<string, string>> {
    const as = {
      root: ['env'],
      unshare: user.as,
      chroot: ['setpriv', '--bounding-set=-sys_admin'],
    }[mode]!;
    const [program = '', ...rest] = [...as, process.execPath, mode === 'unshare' ? user.main : MAIN];
    const args = ['bookworm', join(folder, `${mode}.tar`), `${mirror.url}/debian`, '--pockets=release'];
    const options = [
      '--variant=essential',
      `--include=${folder}/looks.deb`,
      '--verbose',
      ...(mode === 'chroot' ? [] : [`--mode=${mode}`]),
    ];
    const child = spawn(program, [...rest, ...args, ...options, `--cache-dir=${folder}/cache-${mode}`], {
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, SECRET: 'of the host' },
    });
    const [said] = await Promise.all([text(child.stderr!), once(child, 'exit')]);
    const found = [...said.matchAll(/SEEN ([^:]*): (.*)/g)].map(([, name, value]) => [name, value!.trim()]);
    return Object.fromEntries(found);
  }
});
