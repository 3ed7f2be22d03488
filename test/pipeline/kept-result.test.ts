import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseReference } from '../../src/image/reference.ts';
import type { Event, Job } from '../../src/job.ts';
import { isKept, keptResult } from '../../src/pipeline/kept-result.ts';
import type { StageJob } from '../../src/staging/protocol.ts';
import { jobOf } from '../families/apt/plan-support.ts';
import { serveRegistry } from '../registry/support.ts';
import { filesBelow, startSharing } from '../staging/cache-support.ts';
import { buildDeb } from '../support/deb.ts';

/** Builds that keep results, and whether each was made. */
async function start() {
  const shared = await startSharing();
  const stateDir = join(shared.folder, 'state');
  const run = async (name: string, change: Partial<Job> = {}, how: Parameters<typeof shared.run>[3] = {}) => {
    const events: Event[] = [];
    const result = await shared.run(name, { stateDir, ...change }, (event) => events.push(event), how);
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

  it('of a local package is found by its digest', async () => {
    const { run, folder } = await start();
    const file = join(folder, 'local.deb');
    const include = { localPackages: [file] };
    const made: boolean[] = [];
    for (const content of ['one', 'one', 'two']) {
      await writeFile(file, await buildDeb({ name: 'local', files: { 'usr/share/local': content } }));
      made.push((await run(`${made.length}.tar`, include)).isMade);
    }
    expect(made).toEqual([true, false, true]);
  });

  it('is the layer of an image for a registry, which has what the first build pushed', async () => {
    const { run, lock } = await start();
    const registry = await serveRegistry();
    const names = ['team/base', 'other/base'].map((name) => `${registry.host}/${name}:1`);
    const [first, second] = names.map((name) => {
      return { kind: 'docker', names: [parseReference(name)] } as const;
    });
    expect((await run('', { lock }, { target: first! })).isMade).toBe(true);
    expect((await run('', { lock }, { target: second! })).isMade).toBe(false);
    const [pushed, again] = ['team/base', 'other/base'].map((name) => registry.repository(name));
    expect(pushed!.blobs.size).toBe(2);
    expect(new Set(again!.blobs.keys())).toEqual(new Set(pushed!.blobs.keys()));
    registry.requests.length = 0;
    expect((await run('', { lock }, { target: first! })).isMade).toBe(false);
    expect(registry.requests.filter(({ method }) => method === 'PUT' || method === 'PATCH')).toEqual([]);
  });

  it('leaves the rest of the cache as it is, whatever size that may have', async () => {
    const { run, cacheDir } = await start();
    const files = await filesBelow(cacheDir);
    for (const path of files) await utimes(path, 1000, 1000);
    expect((await run('second.tar', { cacheSize: 1 })).isMade).toBe(false);
    expect(await filesBelow(cacheDir)).toEqual(files);
  });

  it('and all else that was derived is neither used nor kept where two builds are compared', async () => {
    const { run, cacheDir, tar } = await start();
    const derived = async () => (await filesBelow(cacheDir)).filter((path) => path.includes('/derived/'));
    const kept = await derived();
    for (const path of kept) await utimes(path, 1000, 1000);
    expect((await run('second.tar', {}, { verify: true })).isMade).toBe(true);
    expect(await derived()).toEqual(kept);
    for (const path of kept) expect((await stat(path)).mtimeMs).toBe(1_000_000);
    expect((await tar('plain.tar')).equals(await tar('second.tar'))).toBe(true);
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

describe('the key of a result', () => {
  const job = {
    ...{ mode: 'unshare', epoch: 1000, arch: 'amd64', scripts: 'run', layer: 'gzip', directory: '/a' },
    ...{ tars: [{ file: '/a/tar', compression: 'none', mode: 0o644 }], jobs: 2, verbosity: 1, fsync: true },
    packages: [{ name: 'base', digest: 'sha256:1' }],
  } as unknown as StageJob;

  it.each<[string, object]>([
    ['the mode of isolation', { mode: 'root' }],
    ['the epoch', { epoch: 1001 }],
    ['the packing of a layer', { layer: 'zstd' }],
    ['the packing of a tar', { tars: [{ ...job.tars[0], compression: 'gzip' }] }],
    ['a digest', { packages: [{ name: 'base', digest: 'sha256:2' }] }],
    ['an input that is added to jobs later', { somethingNew: true }],
  ])('has %s', async (_, change) => {
    expect(await keysOf({ ...job, ...change })).not.toEqual(await keysOf(job));
  });

  it.each<[string, object]>([
    ['the place', { directory: '/b', tars: [{ ...job.tars[0], file: '/b/tar' }] }],
    ['the number of workers', { jobs: 9 }],
    ['whether it is forced to the disk', { fsync: false }],
  ])('has not %s', async (_, change) => {
    expect(await keysOf({ ...job, ...change })).toEqual(await keysOf(job));
  });

  async function keysOf(told: StageJob): Promise<readonly string[]> {
    const keys: string[] = [];
    const derived = {
      open: async (_: string, key: string) => void keys.push(key),
      read: async () => undefined,
      keep: async () => {},
    };
    await keptResult(told, { derived, additions: null }).find();
    return keys;
  }
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
