/** Bases that are made in the builder: planned, fetched, staged and sealed into staging directories. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { derivedPlace, keptIn, openCache } from '../cache.ts';
import { pruneCache } from '../cache-contents.ts';
import { MkbaseError, restated } from '../errors.ts';
import type { Plan, PlanIo } from '../families/family.ts';
import type { Tools } from '../filesystem/tool.ts';
import { parseDigest } from '../formats/digest.ts';
import type { Event, Job, Surroundings } from '../job.ts';
import type { Lock } from '../lock/lock.ts';
import { untilAborted } from '../promises.ts';
import type { Builder } from '../staging/builder.ts';
import { FILE, makeStagingDirectory, type StagingDirectory } from '../staging/directory.ts';
import { ADDITIONS, type BuilderSetup, LAYER, type Staged, type StageJob } from '../staging/protocol.ts';
import type { RootfsTarget } from '../targets/target.ts';
import { isKept, type KeptResult, keptResult, type Reported } from './kept-result.ts';
import { planJob } from './plan.ts';

export interface Base {
  readonly lock: Lock;
  readonly staged: Staged;
  /** The file of the sealed layer, where one was asked for. */
  readonly layerFile: string;
  /** Puts the rootfs where its targets say. */
  deliver(): Promise<void>;
  /** Removes what is left of the staging. */
  close(): Promise<void>;
}

export interface BaseTargets {
  /** The directory among them, if any, comes first. */
  readonly rootfs: readonly RootfsTarget[];
  /** Whether an image is to be made of it. */
  readonly image: boolean;
  /** The directory that an image alone is staged in. */
  readonly workplace: string;
  /** The programs that make file systems, where one is a target. */
  readonly tools?: Tools;
}

/** A builder that is opened when it is first asked for; `opened` is undefined until then. */
export interface LazyBuilder {
  readonly open: () => Promise<Builder>;
  readonly opened: () => Promise<Builder> | undefined;
}

/** Makes the base in a builder, or finds it made; on any failure nothing is left of either. */
export async function stageBase(
  job: Job,
  targets: BaseTargets,
  { mode, open, opened }: Pick<BuilderSetup, 'mode'> & LazyBuilder,
  surroundings: Surroundings,
): Promise<Base> {
  const directories: StagingDirectory[] = [];
  const close = async () => {
    const builder = await opened();
    // The next run sweeps what cannot be removed now.
    for (const { path } of directories) await (builder?.remove(path) ?? removeHere(path)).catch(() => {});
    for (const directory of directories) await directory.forget();
    await builder?.close();
  };
  try {
    const derived = await derivedPlace(job, surroundings);
    const cache = { ...openCache(job, surroundings), derived: keptIn(derived, surroundings) };
    const plan = await planJob(job, cache, surroundings);
    for (const target of placesOf(targets)) {
      directories.push(
        await makeStagingDirectory(target, join(targets.workplace, `image-${plan.lock.arch}`), surroundings),
      );
    }
    const [main] = directories as [StagingDirectory];
    const stageJob = {
      ...stageJobOf(job, plan, surroundings),
      ...{ mode, directory: main.path, leftovers: directories.flatMap(({ leftovers }) => leftovers) },
      ...outputsOf(job, targets, directories),
      derived,
      hasFollowers: job.hasFollowers ?? false,
    };
    const kept = isKept(job, targets) ? openKept(stageJob, job, surroundings) : null;
    const found = job.cacheResults === false ? undefined : await kept?.find();
    for (const event of found?.reported ?? []) surroundings.emit(event);
    const staged = found?.staged ?? (await make());
    if (found !== undefined) {
      surroundings.emit(FOUND);
      for (const path of stageJob.leftovers) await removeHere(path).catch(() => {});
    } else if (job.cacheSize !== undefined) await pruneCache(job.cacheDir, job.cacheSize);
    return {
      lock: { ...plan.lock, epoch: staged.epoch },
      staged,
      layerFile: join(main.path, LAYER),
      deliver: async () => {
        for (const directory of directories) await directory.deliver();
      },
      close,
    };

    async function make(): Promise<Staged> {
      const builder = await open();
      if (job.additions !== null) await writeFile(join(main.path, ADDITIONS), job.additions);
      const reported: Reported[] = [];
      const emit = (event: Event) => {
        if (event.type === 'notice' || event.type === 'warning') reported.push(event);
        surroundings.emit(event);
      };
      const isLocked = job.lock !== null;
      const staged = await untilAborted(
        surroundings.signal,
        stageAndFetch(stageJob, plan, { ...cache, builder, ...surroundings, emit, isLocked }),
      );
      await kept?.keep({ staged, reported });
      return staged;
    }
  } catch (error) {
    const reported = await withLog(error, directories[0]);
    await close().catch(() => {}); // What failed first is what is reported.
    throw reported;
  }
}

const FOUND = {
  type: 'notice',
  message: 'the result is that of an earlier build of the same, from the cache',
} as const;

function openKept(stageJob: StageJob, { additions }: Job, surroundings: Surroundings): KeptResult {
  return keptResult(stageJob, { derived: keptIn(stageJob.derived, surroundings), additions });
}

async function removeHere(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

/** Keeps the output of the scripts where one of them failed. */
async function withLog(error: unknown, directory: StagingDirectory | undefined): Promise<unknown> {
  if (!(error instanceof MkbaseError) || !error.code.startsWith('script/')) return error;
  const log = (await directory?.keepLog()) ?? null;
  if (log === null) return error;
  const hint = `${error.hint === undefined ? '' : `${error.hint}; `}the whole log is \`${log}\``;
  return restated(error, { hint, cause: error.cause });
}

function placesOf({ rootfs }: BaseTargets): readonly (RootfsTarget | null)[] {
  return rootfs.length === 0 ? [null] : rootfs;
}

function stageJobOf(
  { scripts, scriptTimeout, debconfSelections, jobs, additions, hooks, include, epoch: asked }: Job,
  { lock, seedFiles }: Plan,
  { env, fsync = true, verbosity = 1 }: Surroundings,
) {
  const { arch, variant, packages, options, pathRules, image, family } = lock;
  const epoch = lock.epoch ?? asked;
  return {
    ...{
      arch,
      packages,
      pathRules,
      seedFiles,
      scripts,
      scriptTimeout,
      debconfSelections,
      jobs,
      epoch,
      hooks,
    },
    ...{ env, include, fsync, verbosity },
    family: family!,
    allFirst: variant === 'custom',
    included: options.include,
    keepSecrets: image.keepSecrets,
    accounts: image.accounts,
    hasAdditions: additions !== null,
  };
}

function outputsOf(
  { compression }: Job,
  { rootfs, image, tools = {} }: BaseTargets,
  directories: readonly StagingDirectory[],
): Pick<StageJob, 'keepsRootfs' | 'tars' | 'fileSystems' | 'layer'> {
  const mode = 0o666 & ~process.umask();
  const fileOf = (index: number) => join(directories[index]!.path, FILE);
  return {
    keepsRootfs: rootfs.some(({ kind }) => kind === 'directory'),
    tars: rootfs.flatMap((target, index) => {
      if (target.kind === 'stdout') return [{ file: '-', compression: 'none', mode }];
      return target.kind === 'tar' ? [{ file: fileOf(index), compression: target.compression, mode }] : [];
    }),
    fileSystems: rootfs.flatMap((target, index) => {
      if (target.kind !== 'file-system') return [];
      return [{ ...target.room, format: target.format, file: fileOf(index), mode, tools }];
    }),
    layer: image ? compression : null,
  };
}

interface FetchSurroundings extends PlanIo, Surroundings {
  readonly builder: Builder;
  /** Whether the packages are those of a lock, and not of an index that was just read. */
  readonly isLocked: boolean;
}

/** Fetches and stages at once: a package is staged as soon as it is there. */
async function stageAndFetch(
  job: StageJob,
  { lock, urlsOf, checkPackage = async () => {} }: Plan,
  { store, builder, emit, isLocked }: FetchSurroundings,
): Promise<Staged> {
  const bytes = lock.packages.reduce((sum, { size }) => sum + size, 0);
  emit({ type: 'phase', phase: 'fetch', packages: lock.packages.length, bytes });
  const items = lock.packages.map(({ name, version, arch, pocket, path, size, digest, reason }, index) => ({
    ...{ index, name, size },
    what: `${name} ${version} ${arch}`,
    urls: urlsOf(path, pocket),
    digest: parseDigest(digest),
    isFirst: reason === 'essential',
  }));
  const staging = builder.stage(job, emit);
  const checks: Promise<void>[] = [];
  const fetching = store.fetchAll(items.toSorted(byNeed), {
    onItem: ({ index, name, size }, { path, cached }) => {
      const check = checkPackage(path, name).then(() => builder.fetched(index, path, cached));
      check.catch(() => {}); // Reported when all is fetched.
      checks.push(check);
      emit({ type: 'fetched', name, bytes: size, cached });
    },
    onBytes: (change) => emit({ type: 'bytes', bytes: change }),
  });
  const fetched = fetching.then(
    () => Promise.all(checks),
    (error) => Promise.reject(explainGone(error, isLocked)),
  );
  const [staged] = await Promise.all([staging, fetched]);
  return staged;
}

/** The packages that are placed first, the slowest to decode before others; then the rest in the order of the Lock. */
function byNeed(a: Needed, b: Needed): number {
  return Number(b.isFirst) - Number(a.isFirst) || (a.isFirst ? b.size - a.size : 0);
}

interface Needed {
  readonly isFirst: boolean;
  readonly size: number;
}

/** A package that an index names was there when the index was made. */
function explainGone(error: unknown, isLocked: boolean): unknown {
  if (!(error instanceof MkbaseError) || error.code !== 'network/not-found') return error;
  return restated(error, {
    hint: isLocked
      ? 'mirrors drop old versions: name a snapshot with `--mirror`, or make a new lock'
      : 'the mirror is being updated, or its parts are not of one time: run again, or name another mirror',
    cause: error.cause,
  });
}
