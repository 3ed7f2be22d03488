import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readKey } from 'openpgp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';
import { differences, dumpTree } from '../support/tree-dump.ts';
import { describeWith, sharedPath } from './needs.ts';
import { MAIN, run } from './run.ts';

const NOBLE = '../shared/data/ubuntu-noble-mirror';

/** The classes of docs/fidelity.md, which has the reason of each. */
const NAMED = [
  /^etc\/apt\/sources\.list(\.d\/ubuntu\.sources)?$/,
  /^etc\/(hostname|resolv\.conf)$/,
  /^etc\/shadow-?$/,
  /^var\/lib\/apt\/extended_states$/,
  /^var\/lib\/dpkg\/status-old$/,
];

/** The files that debootstrap leaves beside, docs/fidelity.md's second table. */
const OF_DEBOOTSTRAP = [
  ...NAMED,
  /^etc\/localtime$/,
  /^run\/mount$/,
  /^var\/cache\/apt\/archives\//,
  /^var\/cache\/debconf\/(config|templates)\.dat-old$/,
  /^var\/cache\/ldconfig\/aux-cache$/,
  /^var\/lib\/apt\/lists\//,
  /^var\/lib\/dpkg\/(arch|available|cmethopt)$/,
  /^var\/log\/(alternatives|bootstrap|dpkg)\.log$/,
];

describeWith(['root', 'mmdebstrap', 'debootstrap', NOBLE], 'noble from a mirror of its real packages', () => {
  let folder: string;
  let mirror: TestServer;
  let keyring: string;
  let ours: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-noble-'));
    // Where apt's own user cannot come, mmdebstrap gives its directories to root.
    await chmod(folder, 0o755);
    mirror = await startServer(sharedPath(NOBLE));
    const armored = join(sharedPath(NOBLE), 'test-archive.asc');
    keyring = join(folder, 'noble.gpg');
    await writeFile(keyring, (await readKey({ armoredKey: await readFile(armored, 'utf8') })).write());
    ours = join(folder, 'ours');
    const options = [`--keyring=${armored}`, '--pockets=release', `--cache-dir=${folder}/cache`, '--quiet'];
    await run(process.execPath, [MAIN, 'noble', ours, mirror.url, ...options]);
  });
  afterAll(async () => {
    await mirror?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('is configured, and dpkg finds nothing to say', async () => {
    const status = await readFile(join(ours, 'var/lib/dpkg/status'), 'latin1');
    expect(status.match(/^Status: .*$/gm)).toHaveLength(87);
    expect(new Set(status.match(/^Status: .*$/gm))).toEqual(new Set(['Status: install ok installed']));
    expect(await run('chroot', [ours, 'dpkg', '--audit'])).toBe('');
    expect(await run('chroot', [ours, 'dpkg', '--verify'])).toBe('');
  });

  it('is mmdebstrap’s but for the named classes', async () => {
    const theirs = join(folder, 'mmdebstrap');
    const source = `deb [signed-by=${keyring}] ${mirror.url} noble main`;
    await run('mmdebstrap', ['--mode=root', '--variant=minbase', '--quiet', 'noble', theirs, source]);
    expect(unnamed(theirs, ours, NAMED)).toEqual([]);
  });

  it('is debootstrap’s but for the named classes', async () => {
    const theirs = join(folder, 'debootstrap');
    // bookworm's debootstrap is older than noble: this script serves all of Ubuntu.
    const script = '/usr/share/debootstrap/scripts/gutsy';
    const options = ['--variant=minbase', `--keyring=${keyring}`];
    await run('debootstrap', [...options, 'noble', theirs, mirror.url, script]);
    expect(unnamed(theirs, ours, OF_DEBOOTSTRAP)).toEqual([]);
  });
});

function unnamed(theirs: string, ours: string, named: readonly RegExp[]): readonly string[] {
  return differences(dumpTree(theirs), dumpTree(ours)).filter(
    (line) => !named.some((pattern) => pattern.test(line.slice(0, line.indexOf(':')))),
  );
}
