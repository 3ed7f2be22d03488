import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { buildDeb, type DebSpec } from '../support/deb.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { dumpTree } from '../support/tree-dump.ts';
import { describeWith } from './needs.ts';
import { makeOrdinaryUser, type OrdinaryUser } from './ordinary-user.ts';
import { MAIN, run } from './run.ts';

describeWith(['root', 'useradd', 'newuidmap', 'setpriv'], 'a package that means harm', () => {
  let folder: string;
  let mirror: Mirror;
  let user: OrdinaryUser;
  let closed: string;
  beforeAll(async () => {
    // Not in /tmp, which scripts have for themselves: their links shall lead somewhere in the base.
    folder = await mkdtemp('/var/tmp/mkbase-live-enemies-');
    await chmod(folder, 0o1777);
    mirror = await startLiveMirror();
    user = await makeOrdinaryUser(folder);
    closed = join(folder, 'closed to users');
    await mkdir(closed, { mode: 0o700 });
  });
  afterAll(async () => {
    user?.remove();
    await mirror?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(['root', 'an ordinary user'])(
    'reaches nothing of the host in a build of %s, and the run says what it tried',
    async (who) => {
      const host = join(folder, `host of ${who}`);
      await fillHost(host);
      const settings = await kernelSettings();
      const mounts = await mountsBelow(folder);
      const files = [await packed('planter', planter(host)), await packed('victim', victim(host))];
      const { status, lines, error } = await mkbase(who, `out-${who}`, files);
      expect(error).toBeUndefined();
      expect(status).toBe(0);
      for (const tried of ATTEMPTS) expect(lines).toContain(`${tried}: refused`);
      expect(dumpTree(host)).toEqual(dumpTree(await freshHost(`fresh-${who}`)));
      expect(await kernelSettings()).toEqual(settings);
      expect(await mountsBelow(folder)).toEqual(mounts);
      expect(await run('ps', ['-eo', 'args'])).not.toContain('planted-daemon');
      expect((await readdir(folder)).filter((name) => name.includes('.mkbase.'))).toEqual([]);
    },
  );

  it.each([
    ['a pipe where /etc/shadow was', 'rm -f /etc/shadow; mkfifo /etc/shadow', '`/etc/shadow` in the base'],
    [
      'a file of three gibibytes where /etc/machine-id was',
      'truncate -s 3G /etc/machine-id',
      '`/etc/machine-id` in the base',
    ],
    [
      'a file of two gibibytes where /etc/shadow- was',
      'truncate -s 1900M /etc/shadow-',
      '`/etc/shadow-` in the base',
    ],
    ['a link where /etc/shadow was', 'ln -sf passwd /etc/shadow', '`/etc/shadow` in the base'],
    [
      'a link to nowhere where apt keeps its state',
      'rm -rf /var/lib/apt; ln -s /nowhere /var/lib/apt',
      'cannot write `/var/lib/apt/lists/partial` in the base',
    ],
    ['a mount that it needs', 'mount -t tmpfs none /mnt', 'the postinst of `planter` failed'],
  ])('with %s ends the run, which says so', async (_, script, message) => {
    const file = await packed('planter', { control: { postinst: `#!/bin/sh\nset -e\n${script}\n` } });
    const { status, error } = await mkbase('root', 'failed', [file]);
    expect(error.message).toContain(message);
    expect(status).toBe(8);
    expect((await readdir(folder)).filter((name) => name.includes('failed'))).toEqual(['failed.log']);
    await rm(join(folder, 'failed.log'));
  });

  it('beside, a cache of another user is refused by name, and one that root wrote to stays the user’s', async () => {
    const url = `${mirror.url}/debian`;
    const plan = (cache: string) => ['bookworm', '--simulate', url, '--pockets=release', '--quiet', cache];
    const [program = '', ...as] = user.as;
    const theirs = [...as, process.execPath, user.main, ...plan(`--cache-dir=${closed}`)];
    await expect(run(program, theirs)).rejects.toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/cannot write into the cache .*closed to users.*\n\nhint: .*--cache-dir/),
    });
    // As sudo does where it keeps HOME; the home that root has of its own is a folder of this test.
    const moved = 'sed "s|^root:.*|root:x:0:0:root:$1:/bin/sh|" /etc/passwd > "$1/passwd"';
    const script = `${moved} && mount --bind "$1/passwd" /etc/passwd && shift && exec "$@"`;
    const home = join(folder, 'home of root');
    await mkdir(home);
    const sudo = [
      '--mount',
      'sh',
      '-c',
      script,
      'sh',
      home,
      'env',
      '-u',
      'XDG_CACHE_HOME',
      `HOME=${user.home}`,
    ];
    await run('unshare', [...sudo, process.execPath, MAIN, ...plan('--jobs=1')]);
    expect(await readdir(join(home, '.cache'))).toEqual(['mkbase']);
    expect(await readdir(user.home)).not.toContain('.cache');
  });

  async function mkbase(who: string, target: string, packages: readonly string[]) {
    const args = [
      'bookworm',
      join(folder, target),
      `${mirror.url}/debian`,
      '--pockets=release',
      '--json',
      '--verbose',
    ];
    const include = packages.map((file) => `--include=${file}`);
    const options = [...args, ...include, '--variant=apt', `--cache-dir=${folder}/cache of ${who}`];
    const [program = '', ...rest] =
      who === 'root' ? [process.execPath, MAIN] : [...user.as, process.execPath, user.main];
    const child = spawn(program, [...rest, ...options], {
      cwd: closed,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [output, status] = await Promise.all([text(child.stdout), exitOf(child)]);
    const events = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const lines: string[] = events.flatMap(({ type, line }) => (type === 'log' ? [line] : []));
    return { status, lines, error: events.find(({ type }) => type === 'error') };
  }

  async function packed(name: string, spec: Omit<DebSpec, 'name'>): Promise<string> {
    const file = join(folder, `${name}.deb`);
    await writeFile(file, await buildDeb({ name, arch: 'all', ...spec }));
    return file;
  }

  async function freshHost(name: string): Promise<string> {
    const host = join(folder, name);
    await fillHost(host);
    return host;
  }
});

/** Attempts by name; each says whether it was refused. */
const TRIED: Readonly<Record<string, string>> = {
  'a kernel setting': 'echo "|/tmp/x" > /proc/sys/kernel/core_pattern',
  'a mount': 'mount -t tmpfs none /mnt',
  'a namespace': 'unshare --mount true',
  'a device': 'mknod /root/sda b 8 0',
  'a module': 'echo x > /sys/module/x',
  'the root of process 1': 'ls /proc/1/root/',
  'the memory of process 1': 'head -c 1 /proc/1/mem',
  'a way out of the root': `perl -e 'mkdir "/x"; chroot "/x"; chdir ".." for 1..30; chroot "."; exit ! -e $ARGV[0]' "$host/run/utmp"`,
  'the host by its path': 'cat "$host/run/utmp"',
  'the trigger of the kernel': 'echo h > /proc/sysrq-trigger',
};
const ATTEMPTS = Object.keys(TRIED);

/** Plants links to `host` wherever the build writes, reads or removes once scripts have run. */
function planter(host: string): Omit<DebSpec, 'name'> {
  const attempts = Object.entries(TRIED).map(
    ([name, command]) =>
      `if (${command}) >/dev/null 2>&1; then echo "${name}: done"; else echo "${name}: refused"; fi`,
  );
  const plant = [
    ...['var/log', 'var/cache/ldconfig', 'var/lib/systemd', 'etc/ssh', 'srv', 'etc/apt'],
    ...['var/lib/apt', 'var/cache/apt'],
  ].map((path) => `rm -rf /${path}; ln -s "$host" /${path}`);
  const files = ['shadow', 'shadow-', 'machine-id'].map((name) => `ln -sf "$host/${name}" /etc/${name}`);
  const run = 'rm -rf /run; mkdir "$host/run"; ln -s "$host/run" /run';
  const postinst = [
    '#!/bin/sh',
    `host='${host}'; mkdir -p "$host/lists" "$host/archives"`,
    ...attempts,
    ...plant,
    ...files,
    run,
    'setsid sh -c "while :; do : planted-daemon; echo alive >> /var/alive; sleep 0.1; done" &',
    'echo planter was here; hostname taken-over; exit 0',
  ];
  return { control: { postinst: `${postinst.join('\n')}\n` } };
}

/** Comes after the planter, with files where that has planted links. */
function victim(host: string): Omit<DebSpec, 'name'> {
  return {
    preDepends: 'planter',
    files: { 'srv/file': 'through a link', 'etc/ssh/ssh_config': 'x', [`${host.slice(1)}/shadow`]: 'x' },
  };
}

async function fillHost(host: string): Promise<void> {
  await mkdir(join(host, 'apt'), { recursive: true });
  await mkdir(join(host, 'run'));
  await chmod(host, 0o777);
  const names = [
    'shadow',
    'shadow-',
    'machine-id',
    'dpkg.log',
    'apt/history.log',
    'ssh_host_rsa_key',
    'utmp',
  ];
  for (const name of [...names, 'aux-cache', 'lock', 'extended_states']) {
    await writeFile(join(host, name), 'root:x:99999:0:99999:7:::\n');
    await chmod(join(host, name), 0o666);
  }
}

async function kernelSettings(): Promise<Record<string, string>> {
  const files = ['/proc/sys/kernel/core_pattern', '/proc/sys/kernel/hostname'];
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')])),
  );
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  const [status] = await once(child, 'exit');
  return status;
}

/** Other tests may mount elsewhere meanwhile. */
async function mountsBelow(folder: string): Promise<readonly string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return lines.filter((line) => line.includes(folder));
}
