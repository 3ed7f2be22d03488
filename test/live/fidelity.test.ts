import { chmod, lstat, mkdtemp, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { differences, dumpTree } from '../support/tree-dump.ts';
import { describeWith } from './needs.ts';
import { MAIN, run } from './run.ts';

const MERGED = ['--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr'];
const MOLLY = ['molly-guard', 'man-db', 'console-setup', 'iputils-ping', 'libcap2-bin'];

/** The classes of docs/fidelity.md, which has the reason of each. */
const NAMED = [
  /^etc\/apt\/sources\.list(\.d\/debian\.sources)?$/,
  /^etc\/(hostname|resolv\.conf)$/,
  /^etc\/shadow-?$/,
  /^var\/lib\/apt\/extended_states$/,
  /^var\/lib\/dpkg\/(status|diversions)-old$/,
];

describeWith(['root', 'mmdebstrap'], 'a base beside mmdebstrap’s', () => {
  let folder: string;
  let mirror: Mirror;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-fidelity-'));
    // Where apt's own user cannot come, mmdebstrap gives its directories to root.
    await chmod(folder, 0o755);
    mirror = await startLiveMirror();
  });
  afterAll(async () => {
    await mirror?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    ['bookworm', [], [...MERGED, '--include=usr-is-merged']],
    ['trixie', [], []],
  ] as const)('%s minbase is equal but for the named classes', async (suite, include, options) => {
    expect(unnamed(...(await both(suite, include, options)))).toEqual([]);
  });

  it('is equal with diversions, triggers and capabilities in the set, and works', async () => {
    const [theirs, ours] = await both('bookworm', MOLLY, [
      ...MERGED,
      `--include=${['usr-is-merged', ...MOLLY].join(',')}`,
    ]);
    expect(unnamed(theirs, ours)).toEqual([]);
    expect(await readlink(join(ours, 'usr/sbin/pm-suspend'))).toBe('/lib/molly-guard/molly-guard');
    expect((await lstat(join(ours, 'dev/null'))).isCharacterDevice()).toBe(true);
    expect(await inside(ours, 'dpkg --audit')).toBe('');
    expect(await inside(ours, 'dpkg --verify')).toBe('');
    expect(await inside(ours, 'apt-get check')).toContain('Building dependency tree');
    await inside(ours, 'apt-get update && apt-get install -y hello');
    expect(await inside(ours, 'hello')).toBe('Hello, world!\n');
  });

  /** mmdebstrap's and mkbase's, of the same three pockets of the same mirror. */
  async function both(
    suite: string,
    include: readonly string[],
    options: readonly string[],
  ): Promise<[string, string]> {
    const [theirs, ours] = ['theirs', 'ours'].map((name) =>
      join(folder, `${suite}${include.length}-${name}`),
    ) as [string, string];
    const [main, security] = [`${mirror.url}/debian`, `${mirror.url}/debian-security`];
    const keyring = '[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]';
    await run('mmdebstrap', [
      ...['--mode=root', '--variant=minbase', '--quiet', ...options, suite, theirs],
      `deb ${keyring} ${main} ${suite} main`,
      `deb ${keyring} ${main} ${suite}-updates main`,
      `deb ${keyring} ${security} ${suite}-security main`,
    ]);
    const asked = include.length === 0 ? [] : [`--include=${include.join(',')}`];
    const cache = `--cache-dir=${join(folder, 'cache')}`;
    await run(process.execPath, [MAIN, suite, ours, main, ...asked, cache, '--quiet']);
    return [theirs, ours];
  }
});

function unnamed(theirs: string, ours: string): readonly string[] {
  return differences(dumpTree(theirs), dumpTree(ours)).filter(
    (line) => !NAMED.some((named) => named.test(line.slice(0, line.indexOf(':')))),
  );
}

function inside(rootfs: string, command: string): Promise<string> {
  return run('chroot', [rootfs, 'sh', '-c', command]);
}
