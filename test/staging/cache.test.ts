import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { build } from '../../src/build/build.ts';
import type { Job } from '../../src/job.ts';
import { jobOf, mirrorOf, suiteSpec, theKey } from '../families/apt/plan-support.ts';
import { buildRepository, type RepositoryPackage } from '../support/apt-repository.ts';

const PACKAGES: readonly RepositoryPackage[] = ['base', 'tool', 'other'].map((name) => ({
  name,
  priority: 'required',
  files: { [`usr/share/${name}`]: `${name} `.repeat(1000) },
}));

/** A mirror that can change, and builds from it that share one cache. */
async function start() {
  const folder = await mkdtemp(join(tmpdir(), 'mkbase-cache-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const mirror = await mirrorOf(suiteSpec({ packages: PACKAGES }));
  const keyring = join(folder, 'key.asc');
  await writeFile(keyring, (await theKey()).armored);
  const cacheDir = join(folder, 'cache');
  const run = async (
    name: string,
    change: Partial<Job> = {},
    onPhase: (phase: string) => void = () => {},
  ) => {
    const job = jobOf({
      ...{ mirror: mirror.url, keyrings: [keyring], cacheDir, mode: 'none', scripts: 'skip', jobs: 1 },
      ...change,
    });
    const target = { kind: 'tar', path: join(folder, name), compression: 'none' } as const;
    const emit = (event: { type: string; phase?: string }) => {
      if (event.type === 'phase') onPhase(event.phase ?? '');
    };
    const signal = new AbortController().signal;
    return build([job], [target], { env: {}, signal, emit }).catch((error) => error);
  };
  return { folder, mirror, cacheDir, run };
}

async function filesBelow(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const paths = names.map((name) => join(folder, name));
  const kinds = await Promise.all(paths.map(async (path) => (await stat(path)).isFile()));
  return paths.filter((_, index) => kinds[index]);
}

describe('a cache that was damaged on disk', () => {
  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['one byte', (bytes) => Buffer.from(bytes).fill(bytes.at(-1)! ^ 1, bytes.length - 1)],
    ['its second half', (bytes) => bytes.subarray(0, bytes.length / 2)],
    ['all', (bytes) => Buffer.alloc(bytes.length)],
  ])('in %s of every file is noticed, and fetched again', async (_, damage) => {
    const { folder, mirror, cacheDir, run } = await start();
    const first = await run('first.tar');
    for (const file of await filesBelow(cacheDir)) await writeFile(file, damage(await readFile(file)));
    const offline = await run('offline.tar', { offline: true });
    expect(offline.code).toBe('network/offline');
    const before = mirror.requests.length;
    const second = await run('second.tar');
    expect(second.locks).toEqual(first.locks);
    expect(mirror.requests.length).toBeGreaterThan(before + PACKAGES.length);
    const [a, b] = await Promise.all(['first.tar', 'second.tar'].map((name) => readFile(join(folder, name))));
    expect(b!.equals(a!)).toBe(true);
  });
});

describe('a mirror that changes while a build runs', () => {
  it('to newer packages ends it with what to do, and the next run has them', async () => {
    const { folder, mirror, run } = await start();
    const newer = await buildRepository([
      await suiteSpec({
        packages: PACKAGES.map((item) => ({ ...item, version: '2.0' })),
        date: new Date('2026-01-02T00:00:00Z'),
      }),
    ]);
    const change = (phase: string) => {
      if (phase !== 'fetch') return;
      mirror.files.clear();
      for (const [path, bytes] of newer) mirror.files.set(path, bytes);
    };
    const failure = await run('out.tar', {}, change);
    expect(failure.code).toBe('network/not-found');
    expect(failure.hint).toContain('run again');
    expect(existsSync(join(folder, 'out.tar'))).toBe(false);
    const second = await run('out.tar');
    expect(second.locks[0].packages.map(({ version }: { version: string }) => version)).toEqual([
      '2.0',
      '2.0',
      '2.0',
    ]);
  });
});
