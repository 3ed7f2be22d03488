import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { buildDeb } from '../support/deb.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { differingPaths, dumpTree } from '../support/tree-dump.ts';
import { describeWith, has } from './needs.ts';
import { PACKAGES } from './odd-packages.ts';
import { PACKAGERS, packWith } from './packagers.ts';
import { MAIN, run } from './run.ts';

describeWith(['root'], 'packages as packagers’ tools make them', () => {
  let folder: string;
  let mirror: Mirror;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-odd-'));
    await chmod(folder, 0o755);
    mirror = await startLiveMirror();
  });
  afterAll(async () => {
    await mirror?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('are installed as by the base’s own dpkg', async () => {
    const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')];
    const packagers = PACKAGERS.filter(({ needs }) => needs.every(has));
    const made = await Promise.all(packagers.map((packager) => packWith(packager, folder)));
    const written = await Promise.all(
      PACKAGES.map(async (spec) => {
        const file = join(folder, `${spec.name}.deb`);
        await writeFile(file, await buildDeb({ arch: 'all', ...spec }));
        return file;
      }),
    );
    const debs = [...written, ...made];
    const names = [...PACKAGES, ...packagers].map(({ name }) => name.toLowerCase());
    const base = (target: string, more: readonly string[]) =>
      run(process.execPath, [
        ...[MAIN, 'bookworm', target, `${mirror.url}/debian`, '--variant=minbase', '--quiet'],
        ...[`--cache-dir=${join(folder, 'cache')}`, ...more],
      ]);
    await base(
      ours,
      debs.map((deb) => `--include=${deb}`),
    );
    await base(theirs, []);
    await mkdir(join(theirs, 'debs'));
    for (const deb of debs) await run('cp', [deb, join(theirs, 'debs')]);
    await run('chroot', [theirs, 'sh', '-c', 'dpkg -i /debs/*.deb']);
    await rm(join(theirs, 'debs'), { recursive: true });

    expect(await stanzasIn(ours, names)).toEqual(await stanzasIn(theirs, names));
    const [left, right] = [dumpTree(theirs), dumpTree(ours)];
    expect(
      differingPaths(left, right)
        .filter((path) => !NAMED.test(path))
        .map((path) => `${path}: ${left.get(path) ?? 'absent'} | ${right.get(path) ?? 'absent'}`),
    ).toEqual([]);
    const watched = async (root: string) =>
      (await readFile(join(root, 'var/lib/dpkg/triggers/File'), 'utf8')).split('\n').sort();
    expect(await watched(ours)).toEqual(await watched(theirs));
    expect(await readFile(join(ours, 'etc/mytool-ran'), 'utf8')).toBe('ran\n');
  });
});

/** Logs, backups, the order of stanzas and of paths that are watched, and what apt and the epoch of another set of packages make. */
const NAMED =
  /^(var\/log\/|var\/lib\/dpkg\/(status|status-old|diversions-old|lock|lock-frontend|triggers\/(File|Lock))$|var\/lib\/apt\/extended_states$|var\/cache\/ldconfig\/|etc\/(passwd|group|g?shadow)-?$|etc\/\.pwd\.lock$)/;

/** All that dpkg knows of them. */
async function stanzasIn(root: string, names: readonly string[]): Promise<readonly string[]> {
  return (await run('chroot', [root, 'dpkg-query', '-s', ...names])).split('\n\n').sort();
}
