import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { readLocks } from '../../src/lock/lock-file.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { dumpTree } from '../support/tree-dump.ts';
import { describeWith } from './needs.ts';
import { MAIN, run } from './run.ts';
import { straysOf } from './strays.ts';

/**
 * How often each target's build is killed. `MKBASE_KILLS=100 npx vitest run --config vitest.live.config.ts
 * test/live/kills.test.ts` is the chore of a release; `MKBASE_KILL_SEED` repeats the moments of a run.
 */
const KILLS = Number(process.env.MKBASE_KILLS ?? 2);
const SEED = Number(process.env.MKBASE_KILL_SEED ?? Date.now() % 1_000_000);
const MARK = `MKBASE_TEST=${randomUUID()}`;
const TARGETS = ['out', 'out.tar', 'oci:layout:base', 'docker-archive:archive.tar:base'] as const;

describeWith(['root'], `a build that is killed at random moments (seed ${SEED})`, () => {
  let folder: string;
  let mirror: Mirror;
  let usual: Map<string, string>;
  /** Milliseconds of an undisturbed run. */
  let whole = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-kills-'));
    mirror = await startLiveMirror();
    await once(start('oci:layout:base'), 'exit'); // Later runs find the packages in the cache.
    await clear();
    const begun = Date.now();
    for (const target of TARGETS) await once(start(target), 'exit');
    whole = (Date.now() - begun) / TARGETS.length;
    usual = await everything();
    await clear();
  });
  afterAll(async () => {
    await mirror?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(TARGETS)('leaves %s whole or not there, and the next run succeeds', async (target) => {
    const random = randomNumbers(SEED + TARGETS.indexOf(target));
    for (let kill = 0; kill < KILLS; kill++) {
      const moment = Math.floor(random() * whole);
      const child = start(target, kill % 2 === 1);
      await Promise.race([sleep(moment), once(child, 'exit')]);
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await vi.waitUntil(async () => (await straysOf(MARK, folder)).length === 0, { timeout: 10_000 });
      const where = `killed after ${moment} ms, kill ${kill}`;
      for (const [path, found] of await everything())
        expect([where, path, found]).toEqual([where, path, usual.get(path)]);
      if (existsSync(join(folder, 'out'))) await clear();
    }
    expect((await once(start(target, true), 'exit'))[0]).toBe(0);
    await rm(join(folder, 'cache/cold'), { recursive: true });
    const made = target.replace(/^[a-z-]+:([^:]*):.*/, '$1');
    expect((await readdir(folder)).sort()).toEqual(['cache', made, `${made}.lock.json`].sort());
    for (const [path, found] of await everything()) expect([path, found]).toEqual([path, usual.get(path)]);
    await clear();
  });

  /** What finished results there are, by a digest of each; a half-written one has another. */
  async function everything(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      if (name === 'out') found.set(name, hash(JSON.stringify([...dumpTree(path)])));
      else if (name === 'layout' && existsSync(join(path, 'index.json')))
        found.set(name, await layoutDigest(path));
      else if (name.endsWith('.lock.json'))
        found.set(name, (await readLocks(await readFile(path, 'utf8'), name))[0]!.lockDigest);
      else if (/^[a-z]+\.tar$/.test(name)) found.set(name, hash(await readFile(path)));
    }
    return found;
  }

  async function clear(): Promise<void> {
    for (const name of await readdir(folder)) {
      if (name !== 'cache') await rm(join(folder, name), { recursive: true });
    }
  }

  /** From a cache that no run has filled yet, so that downloads are cut as well. */
  function start(target: string, isCold = false): ChildProcess {
    const cache = isCold ? 'cache/cold' : 'cache';
    const args = [MAIN, 'bookworm', target, `${mirror.url}/debian`, `--cache-dir=${cache}`, '--quiet'];
    return spawn(process.execPath, [...args, '--variant=essential', '--pockets=release'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, MKBASE_TEST: MARK.split('=')[1] },
    });
  }
});

async function layoutDigest(path: string): Promise<string> {
  // Every blob by its name: one that is not what it says is found here.
  const folder = join(path, 'blobs/sha256');
  for (const name of (await readdir(folder)).filter((blob) => !blob.includes('.'))) {
    expect([name, hash(await readFile(join(folder, name)))]).toEqual([name, name]);
  }
  await run(process.execPath, [MAIN, 'inspect', `oci:${path}`, '--json']);
  return hash(await readFile(join(path, 'index.json')));
}

function hash(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** mulberry32: numbers from 0 to 1 that a seed repeats. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
