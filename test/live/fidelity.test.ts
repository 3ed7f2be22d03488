import { chmod, lstat, mkdtemp, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { buildBoth, packagesOf, unnamed, type Wanted } from './beside-mmdebstrap.ts';
import { describeWith } from './needs.ts';
import { run } from './run.ts';

/** `MKBASE_VARIANTS=minbase,buildd,standard` tries all. */
const VARIANTS = (process.env.MKBASE_VARIANTS ?? 'minbase').split(',');
const MOLLY = ['molly-guard', 'man-db', 'console-setup', 'iputils-ping', 'libcap2-bin'];

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

  it.each(['bookworm', 'trixie'].flatMap((suite) => VARIANTS.map((variant) => [suite, variant] as const)))(
    '%s %s is equal but for the named classes',
    async (suite, variant) => {
      await pair({ suite, variant });
    },
  );

  it('is equal with diversions, triggers and capabilities in the set, and works', async () => {
    const ours = await pair({ suite: 'bookworm', include: MOLLY });
    expect(await readlink(join(ours, 'usr/sbin/pm-suspend'))).toBe('/lib/molly-guard/molly-guard');
    expect((await lstat(join(ours, 'dev/null'))).isCharacterDevice()).toBe(true);
    expect(await inside(ours, 'dpkg --audit')).toBe('');
    expect(await inside(ours, 'dpkg --verify')).toBe('');
    expect(await inside(ours, 'apt-get check')).toContain('Building dependency tree');
    await inside(ours, 'apt-get update && apt-get install -y hello');
    expect(await inside(ours, 'hello')).toBe('Hello, world!\n');
  });

  /** Compares the two, and gives mkbase's. */
  async function pair(wanted: Omit<Wanted, 'folder' | 'mirror'>): Promise<string> {
    const { theirs, ours } = await buildBoth({ ...wanted, folder, mirror });
    if (typeof theirs !== 'string') throw theirs;
    if (typeof ours !== 'string') throw ours;
    expect(await packagesOf(ours)).toEqual(await packagesOf(theirs));
    expect(unnamed(theirs, ours)).toEqual([]);
    return ours;
  }
});

function inside(rootfs: string, command: string): Promise<string> {
  return run('chroot', [rootfs, 'sh', '-c', command]);
}
