import { chmod, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/job.ts';
import type { RepositoryPackage } from '../support/apt-repository.ts';
import { filesBelow, PACKAGES, startSharing } from './cache-support.ts';

const SLOW: readonly RepositoryPackage[] = PACKAGES.map((item) => ({ ...item, dataCodec: 'xz' }));

/** A build without anything kept, and one that keeps what it unpacks. */
async function start(packages = SLOW) {
  const shared = await startSharing(packages);
  const stateDir = join(shared.folder, 'state');
  const notices: string[] = [];
  const onEvent = (event: Event) => {
    if (event.type === 'notice') notices.push(event.message);
  };
  const run = (name: string) => shared.run(name, { stateDir, cacheResults: false }, onEvent);
  await shared.run('plain.tar');
  await run('first.tar');
  const prepared = (await filesBelow(shared.cacheDir)).filter((path) => path.includes('/prepared/'));
  return { ...shared, stateDir, notices, run, prepared };
}

describe('packages that were unpacked before', () => {
  it('are read as they were unpacked, and give the same bytes', async () => {
    const { run, tar, prepared, notices } = await start();
    expect(prepared).toHaveLength(SLOW.length);
    for (const path of prepared) await utimes(path, 1000, 1000);
    const { locks } = await run('second.tar');
    for (const path of prepared) expect((await stat(path)).mtimeMs).toBeGreaterThan(1_000_000);
    expect(locks[0].packages).toHaveLength(SLOW.length);
    const plain = await tar('plain.tar');
    expect(plain.equals(await tar('first.tar'))).toBe(true);
    expect(plain.equals(await tar('second.tar'))).toBe(true);
    expect(notices.filter((notice) => notice.includes('cache'))).toEqual([]);
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['with a flipped bit', (bytes) => Buffer.from(bytes).fill(bytes[900]! ^ 1, 900, 901)],
    ['cut short', (bytes) => bytes.subarray(0, bytes.length - 40)],
    ['hollow', (bytes) => Buffer.alloc(bytes.length)],
  ])('are unpacked again where what was kept is %s, and the user is told', async (_, damage) => {
    const { run, tar, prepared, notices } = await start();
    for (const path of prepared) await writeFile(path, damage(await readFile(path)));
    await run('second.tar');
    expect((await tar('plain.tar')).equals(await tar('second.tar'))).toBe(true);
    expect(notices.filter((notice) => notice.includes('is not as it was kept'))).toHaveLength(1);
    await run('third.tar');
    expect((await tar('plain.tar')).equals(await tar('third.tar'))).toBe(true);
    expect(notices.filter((notice) => notice.includes('is not as it was kept'))).toHaveLength(1);
  });

  it('are unpacked again where the secret is lost, without a word', async () => {
    const { run, tar, stateDir, notices } = await start();
    await rm(stateDir, { recursive: true });
    await run('second.tar');
    expect((await tar('plain.tar')).equals(await tar('second.tar'))).toBe(true);
    expect(notices.filter((notice) => notice.includes('kept'))).toEqual([]);
  });

  it('are not kept where others can read the secret, and the user is told', async () => {
    const { run, tar, stateDir, notices } = await start();
    await chmod(join(stateDir, 'cache-key'), 0o640);
    await run('second.tar');
    expect((await tar('plain.tar')).equals(await tar('second.tar'))).toBe(true);
    expect(notices).toContainEqual(expect.stringContaining('is not kept for the next build, because'));
  });

  it('are not kept where unpacking is quick, or where dpkg would refuse them', async () => {
    const late = { path: './usr/share/late', content: 'late', pax: { mtime: '1.5' } };
    const { prepared } = await start([
      { ...PACKAGES[0]!, dataCodec: 'gz' },
      { ...PACKAGES[1]!, dataCodec: 'xz', entries: [late] },
    ]);
    expect(prepared).toEqual([]);
  });
});
