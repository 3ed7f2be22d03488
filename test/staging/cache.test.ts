import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/job.ts';
import { suiteSpec } from '../families/apt/plan-support.ts';
import { buildRepository } from '../support/apt-repository.ts';
import { filesBelow, PACKAGES, startSharing } from './cache-support.ts';

describe('a cache that was damaged on disk', () => {
  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['one byte', (bytes) => Buffer.from(bytes).fill(bytes.at(-1)! ^ 1, bytes.length - 1)],
    ['its second half', (bytes) => bytes.subarray(0, bytes.length / 2)],
    ['all', (bytes) => Buffer.alloc(bytes.length)],
  ])('in %s of every file is noticed, and fetched again', async (_, damage) => {
    const { folder, mirror, cacheDir, run } = await startSharing();
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
    const { folder, mirror, run } = await startSharing();
    const newer = await buildRepository([
      await suiteSpec({
        packages: PACKAGES.map((item) => ({ ...item, version: '2.0' })),
        date: new Date('2026-01-02T00:00:00Z'),
      }),
    ]);
    const change = (event: Event) => {
      if (event.type !== 'phase' || event.phase !== 'fetch') return;
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
