import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { inputs, plan } from '../../../src/families/apk/plan/planner.ts';
import type { ApkRecipe } from '../../../src/families/apk/recipe.ts';
import type { Plan } from '../../../src/families/family.ts';
import type { Job } from '../../../src/job.ts';
import { findRecipe, type LoadedRecipe, loadRecipe } from '../../../src/recipe/recipes.ts';
import { quickHttp, quickStore } from '../../fetch/support.ts';
import { theApkKey } from '../../support/apk.ts';
import { buildApkRepository, type RepositorySpec } from '../../support/apk-repository.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { jobOf } from '../apt/plan-support.ts';

export const NOW = new Date('2020-10-01T00:00:00Z');

export interface Mirror extends TestServer {
  readonly files: Map<string, Buffer>;
}

/** A mirror with these repositories, that ends with the test. */
export async function apkMirror(...repositories: readonly RepositorySpec[]): Promise<Mirror> {
  const files = new Map(repositories.flatMap((repository) => [...buildApkRepository(repository)]));
  const server = await startServer(files);
  onTestFinished(server.close);
  return { ...server, files };
}

export interface PlanOptions {
  readonly job?: Partial<Job>;
  readonly recipe?: Partial<LoadedRecipe<ApkRecipe>>;
  readonly mirrors?: readonly string[];
  /** Default: a new one for each plan. */
  readonly cache?: string;
}

/** The recipe of 3.20 with the tests' key, no package of its own and the component main. */
export async function testRecipe({
  recipe,
  mirrors = ['http://official.example/alpine'],
}: PlanOptions): Promise<LoadedRecipe<ApkRecipe>> {
  const real = findRecipe('alpine:3.20') as ApkRecipe;
  const { name, publicPem } = theApkKey();
  return {
    ...(await loadRecipe({ ...real, mirrors: { default: mirrors } })),
    components: ['main'],
    keys: { x86_64: [name] },
    keyFiles: [{ name, bytes: Buffer.from(publicPem) }],
    worlds: { minirootfs: [], base: [], empty: [] },
    endOfLife: null,
    ...recipe,
  };
}

export async function planWith(options: PlanOptions = {}): Promise<Plan> {
  return plan(...(await call(options)));
}

/** The digest of the same plan's inputs. */
export async function inputsWith(options: PlanOptions = {}): Promise<string> {
  return inputs(...(await call(options)));
}

async function call(options: PlanOptions): Promise<Parameters<typeof plan>> {
  const { job = {}, cache } = options;
  const complete = jobOf({
    ...{ suite: 'alpine:3.20', arch: 'x86_64', variant: 'empty', now: NOW },
    ...job,
  });
  const http = quickHttp({ offline: complete.offline });
  const store = await quickStore({ http, offline: complete.offline, ...(cache && { directory: cache }) });
  return [complete, await testRecipe(options), { http, store, aptFolder: '/nonexistent' }];
}

/** A folder that ends with the test, with these files. */
export async function folderWith(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mkbase-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}
