import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOCK_SECTIONS } from '../../src/families/index.ts';
import { createHttp } from '../../src/fetch/http.ts';
import { openStore } from '../../src/fetch/store.ts';
import type { Job } from '../../src/job.ts';
import { readLocks, writeLocks } from '../../src/lock/lock-file.ts';
import { planJob } from '../../src/pipeline/plan.ts';
import { builtInRecipes } from '../../src/recipe/built-in.ts';
import { findRecipe, loadRecipe } from '../../src/recipe/recipes.ts';
import { jobOf } from '../families/apt/plan-support.ts';

const recipes = builtInRecipes();

let cacheDir: string;
beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'mkbase-live-'));
});
afterAll(() => rm(cacheDir, { recursive: true, force: true }));

async function plan(change: Partial<Job> & Pick<Job, 'suite'>) {
  const recipe = await loadRecipe(findRecipe(change.suite));
  const job = jobOf({ pockets: [], now: new Date(), recipe, ...change });
  const http = createHttp({ env: process.env, signal: new AbortController().signal, offline: job.offline });
  const store = openStore({ directory: cacheDir, http, offline: job.offline });
  return planJob(job, { http, store, aptFolder: '/etc/apt' }, { emit: () => {} });
}

// Suites that ended earlier are no longer on any usual mirror.
const debian = recipes.filter(
  ({ distribution, release }) => distribution === 'debian' && Number(release ?? 99) >= 11,
);

describe.each(debian.map(({ suite }) => suite))('%s from the real mirror', (suite) => {
  // A copy of these that is a week old is past its Valid-Until; its signature must hold all the same.
  const checksOff: Job['checksOff'] = ['forky', 'sid'].includes(suite) ? ['valid-until'] : [];

  test.each(['amd64', 'arm64'])('%s: every pocket is signed, and the lock is read back', async (arch) => {
    const { lock, packages } = await plan({ suite, arch, checksOff });
    expect(packages.map(({ name }) => name)).toEqual(expect.arrayContaining(['apt', 'base-files', 'libc6']));
    for (const { signedBy } of lock.indexes) expect(signedBy).toMatch(/^[0-9A-F]{40}$/);
    expect(await readLocks(writeLocks([lock]), 'lock', LOCK_SECTIONS)).toEqual([lock]);
  });

  test('offline, the plan is the same', async () => {
    const online = await plan({ suite, checksOff });
    expect((await plan({ suite, checksOff, offline: true })).lock).toEqual(online.lock);
  });
});
