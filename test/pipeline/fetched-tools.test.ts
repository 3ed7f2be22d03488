import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTools } from '../../src/pipeline/fetched-tools.ts';
import { findRecipe, loadRecipe } from '../../src/recipe/recipes.ts';
import { jobOf } from '../families/apt/plan-support.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mkbase-tools-'));
});
afterAll(() => rm(folder, { recursive: true }));

const need = { program: 'mkfs.made-up', package: 'made-up', oldest: [4, 6], versionOption: '-V' } as const;

describe('openTools', () => {
  it('a program that can be neither found nor fetched ends the build, and names its package', async () => {
    const recipe = await loadRecipe(findRecipe('bookworm'));
    const job = { ...jobOf({ recipe, cacheDir: join(folder, 'cache') }), offline: true };
    const { signal } = new AbortController();
    await expect(openTools([need], job, { env: {}, signal, emit: () => {} })).rejects.toMatchObject({
      code: 'host/missing-program',
      message: expect.stringContaining('mkfs.made-up'),
      hint: expect.stringContaining('`made-up`'),
    });
  });
});
