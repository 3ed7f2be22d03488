import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Event, Job } from '../../src/job.ts';
import { isKept } from '../../src/pipeline/kept-result.ts';
import { jobOf } from '../families/apt/plan-support.ts';
import { filesBelow, startSharing } from '../staging/cache-support.ts';

/** Builds that keep results, and whether each was made. */
async function start() {
  const shared = await startSharing();
  const stateDir = join(shared.folder, 'state');
  const run = async (name: string, change: Partial<Job> = {}) => {
    const events: Event[] = [];
    const result = await shared.run(name, { stateDir, ...change }, (event) => events.push(event));
    if (result instanceof Error) throw result;
    const isMade = events.some((event) => event.type === 'phase' && event.phase === 'stage');
    const notices = events.flatMap((event) => (event.type === 'notice' ? [event.message] : []));
    return { ...result, isMade, notices };
  };
  await shared.run('plain.tar');
  const first = await run('first.tar');
  return { ...shared, run, first, lock: first.locks[0] };
}

describe('a result', () => {
  it('of the same lock is the same copy, without a stage', async () => {
    const { run, tar, first, lock } = await start();
    expect(first.isMade).toBe(true);
    const { locks, size, entries, isMade } = await run('second.tar', { lock });
    expect({ locks, size, entries, isMade }).toEqual({
      ...{ locks: first.locks, size: first.size, entries: first.entries, isMade: false },
    });
    expect((await tar('plain.tar')).equals(await tar('second.tar'))).toBe(true);
  });

  it('is found without a lock, too, and says what was said when it was made', async () => {
    const { run, tar, first } = await start();
    const second = await run('second.tar');
    expect(second.isMade).toBe(false);
    expect(second.locks).toEqual(first.locks);
    expect(second.notices).toEqual(expect.arrayContaining(first.notices));
    expect((await tar('plain.tar')).equals(await tar('second.tar'))).toBe(true);
  });

  it.each<[string, Partial<Job>]>([
    ['path rules', { pathRules: ['path-exclude=/usr/share/tool'] }],
    [
      'accounts',
      { accounts: [{ name: 'app', uid: 900, gid: 900, home: '/nonexistent', shell: '/bin/sh' } as never] },
    ],
    ['local content', { additions: Buffer.alloc(1024) }],
    ['packages', { exclude: ['other'] }],
    ['secrets', { keepSecrets: true }],
    ['answers for debconf', { debconfSelections: 'a b string c' }],
  ])('is made where the job differs in its %s', async (_, change) => {
    const { run } = await start();
    expect((await run('second.tar', change)).isMade).toBe(true);
    expect((await run('third.tar', change)).isMade).toBe(false);
    expect((await run('fourth.tar')).isMade).toBe(false);
  });

  it('is made where the user asks for that', async () => {
    const { run, tar, lock } = await start();
    expect((await run('second.tar', { lock, cacheResults: false })).isMade).toBe(true);
    expect((await tar('plain.tar')).equals(await tar('second.tar'))).toBe(true);
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    [
      'has a flipped bit at its end',
      (bytes) => Buffer.from(bytes).fill(bytes.at(-40)! ^ 1, bytes.length - 40, bytes.length - 39),
    ],
    ['is cut short', (bytes) => bytes.subarray(0, bytes.length - 9)],
  ])('is made again where what was kept %s', async (_, damage) => {
    const { run, tar, cacheDir, lock } = await start();
    for (const path of await filesBelow(cacheDir)) {
      if (path.includes('/result/')) await writeFile(path, damage(await readFile(path)));
    }
    const { isMade, notices } = await run('second.tar', { lock });
    expect(isMade).toBe(true);
    expect(notices).toContainEqual(expect.stringContaining('is not as it was kept'));
    expect((await tar('plain.tar')).equals(await tar('second.tar'))).toBe(true);
  });
});

describe('no result is kept', () => {
  const tar = {
    rootfs: [{ kind: 'tar', path: '/t', compression: 'none' }],
    image: false,
    workplace: '/',
  } as const;
  const job = jobOf({ stateDir: '/state' });
  it.each<[string, Partial<Job>]>([
    ['of hooks', { hooks: [{ phase: 'customize', command: 'true' } as never] }],
    ['beside a bill of materials', { sbom: ['spdx'] as never }],
    ['of packages whose signatures are checked', { checkPackages: true }],
    ['without a place for the secret', { stateDir: undefined as never }],
  ])('%s', (_, change) => {
    expect(isKept(job, tar)).toBe(true);
    expect(isKept({ ...job, ...change }, tar)).toBe(false);
  });

  it('that is a directory, or goes to standard output', () => {
    for (const target of [{ kind: 'directory', path: '/d' }, { kind: 'stdout' }] as const)
      expect(isKept(job, { ...tar, rootfs: [...tar.rootfs, target] as never })).toBe(false);
  });
});
