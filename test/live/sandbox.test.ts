import { execFile } from 'node:child_process';

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { ScriptRunner } from '../../src/families/apt/install/maintainer-scripts.ts';
import { scriptEnvironment } from '../../src/families/apt/install/script-environment.ts';
import { STUBS } from '../../src/families/apt/install/stubs.ts';
import { readControl } from '../../src/families/apt/package/control.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { describeWith } from './needs.ts';
import { MAIN } from './run.ts';

const env = scriptEnvironment(0);

describeWith(['root'], 'the sandbox', () => {
  let folder: string;
  let rootfs: string;
  let mirror: Mirror;
  let sandbox: Sandbox;
  let mounts: readonly string[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-sandbox-'));
    rootfs = join(folder, 'out');
    mirror = await startLiveMirror();
    const args = [
      MAIN,
      'bookworm',
      rootfs,
      `${mirror.url}/debian`,
      '--variant=essential',
      '--quiet',
      `--cache-dir=${join(folder, 'cache')}`,
    ];
    await promisify(execFile)(process.execPath, args);
    mounts = await mountsBelow(folder);
    sandbox = startSandbox('root');
    await sandbox.enter(rootfs, { stubs: STUBS });
  });
  afterAll(async () => {
    await sandbox?.close();
    await mirror?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function sh(script: string): Promise<string> {
    const lines: string[] = [];
    const status = await sandbox.run(
      { argv: ['sh', '-c', script], env },
      { line: (line) => lines.push(line) },
    );
    return [...lines, ...(status === 0 ? [] : [`status ${status}`])].join('\n');
  }

  it('has no network but its own loopback', async () => {
    expect(await sh('cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d " "')).toBe('lo');
    expect(await sh('cat /sys/class/net/lo/operstate /sys/class/net/lo/flags')).toMatch(/0x9$/);
    expect(await sh('cat /proc/net/route | wc -l')).toBe('1');
  });

  it('tells nothing of the host', async () => {
    expect(await sh('hostname')).toBe('localhost');
    expect(await sh('env | cut -d= -f1 | sort | tr "\\n" " "')).not.toContain('SUDO');
    expect(await sh(`ls -d ${folder} 2>&1`)).toContain('No such file');
    expect(await sh('ls /proc | grep -c "^[0-9]"')).toMatch(/^[1-9]$/);
  });

  it('cannot be left through a chroot or through process 1', async () => {
    const way =
      'chroot "/tmp"; mkdir "x"; chroot "x"; chdir ".." for 1..30; chroot "."; print -e "$ARGV[0]" ? 1 : 0';
    expect(await sh(`perl -e '${way}' ${folder}`)).toBe('0');
    expect(await sh('ls /proc/1/root/ 2>&1; ls /proc/1/fd 2>&1; cat /proc/1/mem 2>&1')).toMatch(
      /^(.*(Permission denied|cannot open).*\n?)+/,
    );
  });

  it('cannot mount, make device nodes, trace or write kernel settings', async () => {
    expect(await sh('unshare --mount true 2>&1 | head -1')).toContain('Operation not permitted');
    expect(await sh('mknod /root/sda b 8 0 2>&1')).toContain('Operation not permitted');
    expect(await sh('echo 1 2>&1 > /proc/sys/kernel/panic')).toMatch(/Read-only|cannot create/);
    const capabilities = BigInt(`0x${await sh("sed -n 's/^CapEff:\\t//p' /proc/self/status")}`);
    for (const forbidden of [2n, 12n, 13n, 16n, 17n, 19n, 21n, 27n]) {
      expect(capabilities & (1n << forbidden)).toBe(0n);
    }
  });

  it('has the devices, limits and stubs that scripts expect', async () => {
    expect(await sh('for d in null zero full random urandom tty; do test -c /dev/$d || echo $d; done')).toBe(
      '',
    );
    expect(await sh('echo x > /dev/null && head -c 2 /dev/zero | od -An -tx1')).toBe(' 00 00');
    expect(await sh('ulimit -n')).toBe('1024');
    expect(await sh('ischroot && start-stop-daemon --start --exec /bin/false')).toBe('');
  });

  it('ends although its owner fails while a command prints without end', async () => {
    const other = startSandbox('root');
    await other.enter(rootfs);
    const line = () => {
      throw new Error('the disk is full');
    };
    await expect(other.run({ argv: ['yes'], env }, { line })).rejects.toThrow('the disk is full');
    await other.close();
  });

  it('hears a line that does not end in pieces', async () => {
    const said = await sh('head -c 40000 /dev/zero | tr "\\0" x; echo; echo next');
    expect(said.split('\n').map((line) => line.length)).toEqual([16_384, 16_384, 7232, 4]);
  });

  it('does not follow a planted link when it writes', async () => {
    await sh('ln -s /etc/passwd /root/planted');
    await sandbox.write('/root/planted', 'mine');
    expect(await sh('cat /root/planted; test -L /root/planted && echo link')).toBe('mine\nstatus 1');
    const refused = { code: 'script/not-a-file' };
    await expect(sandbox.edit('/proc/self/root', Buffer.from('x'))).rejects.toMatchObject(refused);
  });

  it('reads files, and neither waits for a pipe nor reads a device to no end', async () => {
    await sh('mkfifo /root/pipe; ln -s /dev/zero /root/endless; echo plain > /root/plain');
    for (const path of ['/root/pipe', '/root/endless', '/root']) {
      await expect(sandbox.read(path)).rejects.toMatchObject({ code: 'script/not-a-file' });
    }
    expect(String(await sandbox.read('/root/plain'))).toBe('plain\n');
    expect(await sandbox.read('/root/plain/below')).toBe(null);
    expect(await sandbox.list('/root/plain')).toEqual([]);
  });

  it('names the script that fails, with its last lines', async () => {
    const scripts = new ScriptRunner({ sandbox, env, dpkgVersion: '1.21', log: () => {} });
    const body = Buffer.from(
      '#!/bin/sh\nseq 1 30\necho "no luck with $DPKG_MAINTSCRIPT_PACKAGE" >&2\nexit 7\n',
    );
    const control = readControl('Package: bad\nVersion: 1\nArchitecture: all\n', '');
    const failed = scripts.preinst({
      control,
      interests: [],
      files: new Map([['preinst', { mode: 0o755, body }]]),
    });
    const error = await failed.catch((caught) => caught);
    expect(error).toMatchObject({ code: 'script/preinst-failed' });
    expect(error.message).toBe('the preinst of `bad` failed: exit status 7');
    expect(error.details).toHaveLength(20);
    expect(error.details.at(-1)).toBe('no luck with bad');
  });

  it('names the package whose postinst dpkg could not run', async () => {
    await sh(
      [
        'printf "Package: bad\\nStatus: install ok unpacked\\nMaintainer: x\\nArchitecture: all\\n" >> /var/lib/dpkg/status',
        'printf "Version: 1\\nDescription: x\\n\\n" >> /var/lib/dpkg/status',
        'printf "#!/bin/sh\\necho trying hard; exit 3\\n" > /var/lib/dpkg/info/bad.postinst',
        'chmod 755 /var/lib/dpkg/info/bad.postinst; : > /var/lib/dpkg/info/bad.list',
      ].join(' && '),
    );
    const scripts = new ScriptRunner({ sandbox, env, dpkgVersion: '1.21', log: () => {} });
    const which = { packages: 'pending', triggers: 'process' } as const;
    const error = await scripts.configure(which, () => {}).catch((caught) => caught);
    expect(error.message).toBe('the postinst of `bad` failed: exit status 3');
    expect(error.details).toEqual(['trying hard']);
  });

  it('ends everything that runs in it, and has mounted nothing on the host', async () => {
    await sh('sleep 987 & echo $!');
    await sandbox.close();
    const { stdout } = await promisify(execFile)('ps', ['-eo', 'args']).catch(() => ({ stdout: '' }));
    expect(stdout).not.toContain('sleep 987');
    expect(await mountsBelow(folder)).toEqual(mounts);
    expect(await readdir(join(rootfs, 'dev'))).not.toContain('.stub-ischroot');
  });
});

/** Other tests may mount elsewhere meanwhile. */
async function mountsBelow(folder: string): Promise<readonly string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return lines.filter((line) => line.includes(folder));
}
