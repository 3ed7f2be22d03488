import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { chmod, chown, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { differences, dumpTree } from '../support/tree-dump.ts';
import { describeWith } from './needs.ts';
import { makeOrdinaryUser, type OrdinaryUser } from './ordinary-user.ts';
import { MAIN, run } from './run.ts';

/** Paths that depend on the time; and stubs, which mmdebstrap does not put back, and overwrites with dpkg's. */
const UNLIKE = ['synced.tar', 'stubs'];
const STUBS = 'policy-rc.d start-stop-daemon';

/** The hooks for both; all of it is seen below /srv of the base and in `out` of the host. */
const HOOKS = [
  '--setup-hook=mkdir -p "$1/srv/made"; echo "$MMDEBSTRAP_HOOK $MMDEBSTRAP_MODE $(id -u)" > "$1/srv/made/setup"',
  '--setup-hook=test -d "$1/etc/apt" && test -k "$1/tmp" && test "$(basename "$PWD")" != / && test -e from/file',
  '--setup-hook=copy-in from/tree from/link "from/with space" /srv/made',
  '--essential-hook=upload from/file /tmp/kept',
  `--essential-hook=chroot "$1" sh -c 'cd /srv/made; dpkg-query -W dpkg | cut -f1 > essential; cat /tmp/kept >> essential;
     test -c /dev/null && test -e /proc/self/exe && head -1 /sbin/start-stop-daemon > /srv/stubs'`,
  `--essential-hook=cd "$1/usr/sbin" && rm ${STUBS}`,
  '--customize-hook=mkdir "$1/srv/synced"; ln -s /etc "$1/srv/to-etc"; ln -s ../../../../srv/made "$1/srv/climbs"',
  '--customize-hook=sync-in from/tree /srv/synced',
  '--customize-hook=sync-in from/tree /srv/climbs',
  '--customize-hook=tar-in from/x.tar srv',
  '--customize-hook=upload from/file /srv/to-etc/uploaded',
  '--customize-hook=upload from/script.sh /srv/script.sh',
  '--customize-hook=./from/script.sh',
  `--customize-hook=cp "$1/etc/uploaded" "$1/srv/came"; ls "$1/usr/sbin" | grep -x -e policy-rc.d -e start-stop-daemon >> "$1/srv/stubs" || true`,
  `--customize-hook=cd "$1/usr/sbin" && rm ${STUBS}; touch "$1/tmp/left"`,
  '--customize-hook=download /srv/made/setup out/deep/er',
  '--customize-hook=copy-out /srv/made /srv/to-etc/passwd out',
  '--customize-hook=sync-out /srv/climbs out/climbed',
  '--customize-hook=tar-out /srv/synced out/synced.tar',
];

describeWith(['root', 'mmdebstrap', 'useradd', 'newuidmap', 'setpriv'], 'hooks', () => {
  let folder: string;
  let mirror: Mirror;
  let user: OrdinaryUser;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-hooks-'));
    await chmod(folder, 0o1777);
    mirror = await startLiveMirror();
    user = await makeOrdinaryUser(folder);
  });
  afterAll(async () => {
    user?.remove();
    await mirror?.close();
    await rm(folder, { recursive: true, force: true });
  });

  describe.each(['root', 'an ordinary user'] as const)('of %s', (who) => {
    const mode = who === 'root' ? 'root' : 'unshare';

    it('do what they do for mmdebstrap, in the base and on the host', async () => {
      const source = `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror.url}/debian trixie main`;
      const theirs = await inNewFolder(`theirs-${mode}`, [
        ...['mmdebstrap', `--mode=${mode}`, '--variant=essential', '--quiet', ...HOOKS],
        ...['trixie', 'out.tar', source],
      ]);
      const ours = await inNewFolder(`ours-${mode}`, mkbase('out.tar', HOOKS));
      for (const part of ['root/srv', 'out']) {
        expect(differences(dump(theirs, part), dump(ours, part))).toEqual([]);
      }
      expect(await readFile(join(ours, 'root/srv/made/essential'), 'utf8')).toBe('dpkg\nfile\n');
      expect(await readFile(join(ours, 'root/srv/stubs'), 'utf8')).toBe(
        '#!/bin/sh\npolicy-rc.d\nstart-stop-daemon\n',
      );
      expect(existsSync(join(ours, 'root/usr/sbin/policy-rc.d'))).toBe(false);
      const program = await readFile(join(ours, 'root/sbin/start-stop-daemon'));
      expect(program.subarray(1, 4).toString()).toBe('ELF');
      expect(await readdir(join(ours, 'root/tmp'))).toEqual([]);
    });

    function mkbase(target: string, options: readonly string[]): readonly string[] {
      const cache = `--cache-dir=${join(folder, `cache-${mode}`)}`;
      return [
        ...[process.execPath, who === 'root' ? MAIN : user.main, 'trixie', target, `${mirror.url}/debian`],
        ...['--pockets=release', '--variant=essential', '--quiet', cache, ...options],
      ];
    }

    it.each([
      ['a status', 'echo first; echo last >&2; exit 3', ['exit status 3', '  first\n', '  last\n']],
      ['no such program', '/no/such', ['there is no such program']],
      [
        'a path that is not there',
        'copy-in from/tree /absent',
        ['no `/absent` in the base', '`copy-in from/tree'],
      ],
      ['a file that is not there', 'upload absent /x', ['on the host']],
    ])('that fail, with %s, fail the build by name and leave nothing', async (_, hook, said) => {
      const cwd = join(folder, `failing-${mode}`);
      const command = mkbase('out', [`--setup-hook=${hook}`]);
      const failure = await inNewFolder(`failing-${mode}`, command).catch((error) => error);
      expect(failure.code).toBe(8);
      for (const text of ['the setup hook `', ...said]) expect(failure.stderr).toContain(text);
      expect((await readdir(cwd)).sort()).toEqual(['from', 'out.log']);
    });

    /** Runs a command where it finds `from`; its tar is unpacked into `root`. */
    async function inNewFolder(name: string, command: readonly string[]): Promise<string> {
      const cwd = join(folder, name);
      await rm(cwd, { recursive: true, force: true });
      mkdirSync(cwd);
      await fill(cwd, who === 'root' ? 33 : null);
      if (who !== 'root') await run('chown', ['-R', `${user.name}:`, cwd]);
      const [program = '', ...args] = who === 'root' ? command : [...user.as, ...command];
      const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
      await promisify(execFile)(program, args, { cwd, env });
      mkdirSync(join(cwd, 'root'));
      await run('tar', ['-C', join(cwd, 'root'), '--numeric-owner', '-xpf', join(cwd, 'out.tar')]);
      return cwd;
    }
  });

  it('end with the build, and all that they started', async () => {
    const cwd = join(folder, 'ended');
    mkdirSync(cwd);
    const child = spawn(
      process.execPath,
      [
        ...[MAIN, 'trixie', 'out', `${mirror.url}/debian`, '--pockets=release', '--variant=essential'],
        ...[`--cache-dir=${folder}/cache-root`, '--quiet'],
        '--essential-hook=sleep 7654 & echo > "$1/begun"; touch begun; sleep 7654',
      ],
      { cwd, stdio: 'ignore' },
    );
    await vi.waitUntil(() => existsSync(join(cwd, 'begun')), { timeout: 60_000 });
    child.kill('SIGINT');
    expect((await once(child, 'exit'))[0]).toBe(130);
    expect(await readdir(cwd)).toEqual(['begun']);
    const commands = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const texts = await Promise.all(
      commands.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
    );
    expect(texts.filter((text) => text.startsWith('sleep\x007654'))).toEqual([]);
  });

  it('leave links to directories and the root as they are, unlike GNU tar', async () => {
    const cwd = join(folder, 'merged');
    mkdirSync(join(cwd, 'overlay/lib'), { recursive: true });
    await chown(join(cwd, 'overlay'), 33, 33);
    await writeFile(join(cwd, 'overlay/lib/mine'), 'x');
    const out = join(cwd, 'out');
    await run(process.execPath, [
      ...[MAIN, 'trixie', out, `${mirror.url}/debian`, '--pockets=release', '--variant=essential', '--quiet'],
      ...[`--cache-dir=${folder}/cache-root`, `--customize-hook=sync-in ${cwd}/overlay /`],
    ]);
    const tree = dumpTree(out);
    expect(tree.get('lib')).toBe('symlink 0:0 -> usr/lib');
    expect(tree.get('usr/lib/mine')).toMatch(/^file/);
    expect(tree.get('')).toBe('dir 0755 0:0');
  });
});

async function fill(cwd: string, owner: number | null): Promise<void> {
  mkdirSync(join(cwd, 'from/tree/sub'), { recursive: true });
  // Only helpers reach this one: mmdebstrap's hooks of a user are not that user on the host.
  await chmod(join(cwd, 'from/tree/sub'), 0o750);
  mkdirSync(join(cwd, 'from/with space'));
  await writeFile(join(cwd, 'from/file'), 'file\n', { mode: 0o640 });
  await writeFile(join(cwd, 'from/tree/sub/owned'), 'owned');
  if (owner !== null) await chown(join(cwd, 'from/tree/sub/owned'), owner, owner);
  await symlink('sub/owned', join(cwd, 'from/tree/link'));
  await symlink('/etc/passwd', join(cwd, 'from/link'));
  await writeFile(
    join(cwd, 'from/script.sh'),
    '#!/bin/sh\necho "$# $(ls "$1/srv" | wc -l)" > "$1/srv/script"\n',
  );
  await chmod(join(cwd, 'from/script.sh'), 0o755);
  await run('tar', ['-C', join(cwd, 'from/tree'), '-cf', join(cwd, 'from/x.tar'), 'sub', 'link']);
}

function dump(folder: string, part: string): ReadonlyMap<string, string> {
  return new Map([...dumpTree(join(folder, part))].filter(([path]) => !UNLIKE.includes(path)));
}
