import { onTestFinished } from 'vitest';
import type { Derived } from '../../../src/derived/derived.ts';
import { aptInputs, planApt } from '../../../src/families/apt/plan/plan.ts';
import type { AptRecipe } from '../../../src/families/apt/recipe.ts';
import type { Plan } from '../../../src/families/family.ts';
import type { Job } from '../../../src/job.ts';
import type { LoadedRecipe } from '../../../src/recipe/recipes.ts';
import { findRecipe, loadRecipe } from '../../../src/recipe/recipes.ts';
import { quickHttp, quickStore } from '../../fetch/support.ts';
import { buildRepository, type RepositoryFiles, type SuiteSpec } from '../../support/apt-repository.ts';
import { makeKey, type TestKey } from '../../support/key.ts';
import { startServer, type TestServer } from '../../support/server.ts';

export const NOW = new Date('2026-01-10T00:00:00Z');
const PACKAGE = { name: 'base', priority: 'required' };

let archiveKey: Promise<TestKey> | undefined;
/** The key that the test's recipe allows, one for all tests: making one takes a while. */
export function theKey(): Promise<TestKey> {
  archiveKey ??= makeKey();
  return archiveKey;
}

/** `stable` with one package that every variant takes, signed by the key of the recipe. */
export async function suiteSpec(change: Partial<SuiteSpec> = {}): Promise<SuiteSpec> {
  return { suite: 'bookworm', packages: [PACKAGE], keys: [await theKey()], ...change };
}

/** A mirror that ends with the test. */
export async function mirrorOf(
  ...suites: readonly (SuiteSpec | Promise<SuiteSpec>)[]
): Promise<TestServer & { readonly files: RepositoryFiles }> {
  const files = await buildRepository(await Promise.all(suites));
  const server = await startServer(files);
  onTestFinished(server.close);
  return { ...server, files };
}

export interface PlanOptions {
  readonly job?: Partial<Job>;
  readonly recipe?: Partial<LoadedRecipe<AptRecipe>>;
  /** The recipe's mirrors of the main archive. */
  readonly mirrors?: readonly string[];
  readonly security?: readonly string[];
  readonly lent?: { readonly archive: readonly string[]; readonly security: readonly string[] };
  /** Default: a new one for each plan. */
  readonly cache?: string;
  /** Keeps resolutions; none are kept by default. */
  readonly derived?: Derived;
}

/** Plans bookworm with the test's key and mirrors, by default of its main pocket alone. */
export async function planWith(options: PlanOptions = {}): Promise<Plan> {
  return planApt(...(await call(options)));
}

/** The digest of the same plan's inputs. */
export async function inputsWith(options: PlanOptions = {}): Promise<string> {
  return aptInputs(...(await call(options)));
}

async function call(options: PlanOptions): Promise<Parameters<typeof planApt>> {
  const { job = {}, cache, derived, lent = { archive: [], security: [] } } = options;
  const complete = jobOf(job);
  const http = quickHttp({ offline: complete.offline });
  const store = await quickStore({ http, offline: complete.offline, ...(cache && { directory: cache }) });
  const io = { http, store, lent: () => lent, offline: complete.offline, ...(derived && { derived }) };
  return [complete, await testRecipe(options), io];
}

export async function testRecipe({
  recipe,
  mirrors = [],
  security = [],
}: PlanOptions): Promise<LoadedRecipe<AptRecipe>> {
  const real = findRecipe('bookworm') as AptRecipe;
  const key = await theKey();
  const pockets = real.pockets.map(({ snapshots, ...pocket }) => ({
    ...pocket,
    mirrors: { default: pocket.sibling ? security : mirrors },
  })) satisfies AptRecipe['pockets'];
  return {
    ...(await loadRecipe({ ...real, pockets })),
    keyFiles: [{ name: 'test.asc', bytes: Buffer.from(key.armored) }],
    ...recipe,
  };
}

/** The recipe with a service that has the snapshots of its main archive. */
export function withSnapshots(
  recipe: LoadedRecipe<AptRecipe>,
  snapshots = 'http://past.example/debian',
): LoadedRecipe<AptRecipe> {
  return {
    ...recipe,
    pockets: recipe.pockets.map((pocket) => (pocket.sibling ? pocket : { ...pocket, snapshots })),
  };
}

/** The surroundings of a test's builds; plans are given theirs beside the job. */
const RECIPES = new Map(
  await Promise.all(
    ['bookworm', 'alpine:3.20'].map(async (name) => [name, await loadRecipe(findRecipe(name))] as const),
  ),
);

export function jobOf(change: Partial<Job> = {}): Job {
  const { suite = 'bookworm' } = change;
  return {
    suite,
    recipe: RECIPES.get(suite)!,
    arch: 'amd64',
    variant: 'minbase',
    include: [],
    localPackages: [],
    fromHost: false,
    exclude: [],
    components: [],
    pockets: ['release'],
    mirror: null,
    sources: [],
    sourcesOnly: false,
    pins: [],
    snapshot: null,
    tls: { certificate: null, privateKey: null, authorities: null },
    keyrings: [],
    checksOff: [],
    checkPackages: false,
    maxAge: null,
    now: NOW,
    recommends: false,
    mergedUsr: null,
    solver: null,
    preferences: true,
    cacheDir: '',
    offline: false,
    mode: 'auto',
    scripts: 'run',
    scriptTimeout: null,
    debconfSelections: null,
    additions: null,
    added: [],
    hooks: [],
    accounts: [],
    dockerSettings: false,
    statusDirectory: false,
    keepSecrets: false,
    settings: {},
    annotations: {},
    created: null,
    epoch: null,
    format: 'oci',
    compression: 'gzip',
    pathRules: [],
    lock: null,
    sbom: [],
    lockOut: null,
    jobs: 1,
    ...change,
  };
}

export function namesOf(plan: Plan): string[] {
  return plan.packages.map(({ name }) => name);
}
