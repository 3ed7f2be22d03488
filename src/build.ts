import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MkbaseError } from './errors.ts';
import type { Plan } from './families/family.ts';
import { createHttp } from './fetch/http.ts';
import { openStore, type Store } from './fetch/store.ts';
import type { Event, Job, Surroundings } from './job.ts';
import { type Lock, makeLock } from './lock.ts';
import { writeLock } from './lock-file.ts';
import { planJob } from './plan.ts';
import { chooseMode } from './sandbox/namespaces.ts';
import { makeStagingDirectory, type StagingDirectory, TAR } from './staging/directory.ts';
import { ADDITIONS, type Staged, type StageJob } from './staging/protocol.ts';
import { openWorkshop, type Workshop } from './staging/workshop.ts';
import { explainSystemError } from './system-error.ts';
import type { Target } from './target.ts';

export interface BuildResult {
  readonly lock: Lock;
  readonly lockFile: string | null;
  readonly packages: number;
  /** Bytes of files in the rootfs. */
  readonly size: number;
  readonly entries: number;
  /** What each path rule left out, the largest first. */
  readonly excluded: Staged['excluded'];
}

/** Resolves the job and touches nothing but the cache. */
export async function plan(job: Job, surroundings: Surroundings): Promise<Plan> {
  return makePlan(job, openCache(job, surroundings), surroundings);
}

/** Makes the base that `job` describes at `target`; on any failure what existed before is as it was. */
export async function build(job: Job, target: Target, surroundings: Surroundings): Promise<BuildResult> {
  const { signal } = surroundings;
  const mode = chooseMode(job.mode, job.scripts);
  const cache = openCache(job, surroundings);
  const opening = openWorkshop({ mode, jobs: job.jobs }, target.kind === 'stdout' ? 'inherit' : 'ignore');
  opening.catch(() => {}); // Reported when it is needed; a plan that fails comes first.
  let directory: StagingDirectory | undefined;
  try {
    const plan = await makePlan(job, cache, surroundings);
    const workshop = await opening;
    directory = await makeStagingDirectory(target);
    if (job.additions !== null) await writeFile(join(directory.path, ADDITIONS), job.additions);
    const stageJob = { ...stageJobOf(job, plan, surroundings), mode, ...placesOf(directory, target) };
    const staged = await untilAborted(
      signal,
      stageAndFetch(stageJob, plan, { ...cache, workshop, ...surroundings }),
    );

    surroundings.emit({ type: 'phase', phase: 'deliver' });
    await directory.deliver();
    const lock = makeLock({ ...plan.lock, epoch: staged.epoch });
    const lockFile = job.lockOut ?? (target.kind === 'stdout' ? null : `${target.path}.lock.json`);
    if (lockFile !== null) await writeFile(lockFile, writeLock(lock));
    await workshop.remove(directory.path);
    const { size, entries, excluded } = staged;
    return { lock, lockFile, packages: lock.packages.length, size, entries, excluded };
  } catch (error) {
    if (directory !== undefined) await discard(directory, await opening, error);
    throw explainSystemError(error, target);
  } finally {
    await opening.then(
      (workshop) => workshop.close(),
      () => {},
    );
  }
}

interface Cache {
  readonly http: ReturnType<typeof createHttp>;
  readonly store: Store;
}

function openCache({ cacheDir, offline }: Job, { env, signal, emit }: Surroundings): Cache {
  const http = createHttp({ env, signal, offline, log: (line) => emit({ type: 'log', line }) });
  return { http, store: openStore({ directory: cacheDir, http, offline }) };
}

async function makePlan(job: Job, cache: Cache, { emit }: Surroundings): Promise<Plan> {
  emit({ type: 'phase', phase: 'plan' });
  const plan = await planJob(job, { ...cache, aptFolder: '/etc/apt' });
  for (const message of plan.warnings) emit({ type: 'warning', message });
  return plan;
}

function stageJobOf(
  { scripts, debconfSelections, jobs, additions }: Job,
  { lock, seedFiles }: Plan,
  { env }: Surroundings,
) {
  const { arch, packages, pathRules, image } = lock;
  const fixed = env.SOURCE_DATE_EPOCH;
  const epoch = lock.epoch ?? (fixed === undefined || fixed === '' ? null : Number(fixed));
  return {
    ...{ arch, packages, pathRules, seedFiles, scripts, debconfSelections, jobs, epoch },
    mergedUsr: image.mergedUsr,
    silenced: image.silenced,
    keepStubs: image.dockerSettings,
    keepSecrets: image.keepSecrets,
    accounts: image.accounts,
    hasAdditions: additions !== null,
  };
}

function placesOf(
  { path, leftovers }: StagingDirectory,
  target: Target,
): Pick<StageJob, 'directory' | 'leftovers' | 'tar'> {
  const compression = target.kind === 'tar' ? target.compression : 'none';
  const file = target.kind === 'stdout' ? '-' : join(path, TAR);
  return {
    directory: path,
    leftovers,
    tar: target.kind === 'directory' ? null : { file, compression, mode: 0o666 & ~process.umask() },
  };
}

/** Fetches and stages at once: a package is staged as soon as it is there. */
async function stageAndFetch(
  job: StageJob,
  { lock, urlsOf }: Plan,
  { store, workshop, emit }: Cache & Surroundings & { readonly workshop: Workshop },
): Promise<Staged> {
  const bytes = lock.packages.reduce((sum, { size }) => sum + size, 0);
  emit({ type: 'phase', phase: 'fetch', packages: lock.packages.length, bytes });
  const items = lock.packages.map(({ name, version, arch, pocket, path, size, sha256 }, index) => ({
    ...{ index, name, size },
    what: `${name} ${version} ${arch}`,
    urls: urlsOf(path, pocket),
    digest: { algorithm: 'sha256' as const, hex: sha256 },
  }));
  const staging = workshop.stage(job, emit);
  const fetching = store.fetchAll(items, {
    onItem: ({ index, name, size }, { path, cached }) => {
      workshop.fetched(index, path);
      emit({ type: 'fetched', name, bytes: size, cached });
    },
    onBytes: (change) => emit({ type: 'bytes', bytes: change }),
  });
  const [staged] = await Promise.all([staging, fetching]);
  return staged;
}

/** Leaves nothing of a failed build but the scripts' log, and that where they are why it failed. */
async function discard(directory: StagingDirectory, workshop: Workshop, error: unknown): Promise<void> {
  if (error instanceof MkbaseError && error.code.startsWith('script/')) await directory.keepLog();
  await workshop.remove(directory.path).catch(() => {}); // The next run sweeps what could not be removed now.
  await directory.forget();
}

function untilAborted<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

export type { Event, Target };
