/**
 * A result that was made before of the same: its files come from the cache. All that the builder is told decides
 * what is the same; what it cannot be told of, as what a hook does, rules it out.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Derived, derivedKey, SpoiledEntry } from '../derived/derived.ts';
import { collect } from '../image/blob.ts';
import type { Event, Job } from '../job.ts';
import { LAYER, type Staged, type StageJob } from '../staging/protocol.ts';
import type { BaseTargets } from './stage-base.ts';

/** A result, and the messages of the build that made it. */
export interface Kept {
  readonly staged: Staged;
  readonly reported: readonly Reported[];
}

export type Reported = Extract<Event, { readonly message: string }>;

export interface KeptResult {
  /** Writes the files of the job from the cache; undefined where they are not in there, and then none is written. */
  find(): Promise<Kept | undefined>;
  keep(kept: Kept): Promise<void>;
}

/**
 * Whether a result may be kept and found at all. Bills of materials and signatures of packages ask for the package
 * files; a directory is made of files, and standard output is not there to be read again.
 */
export function isKept(
  { stateDir, hooks, sbom, checkPackages }: Job,
  { rootfs, image }: BaseTargets,
): boolean {
  if (stateDir === undefined || hooks.length > 0 || sbom.length > 0 || checkPackages) return false;
  return rootfs.every(({ kind }) => kind === 'tar') && (image || rootfs.length > 0);
}

export function keptResult(
  stageJob: StageJob,
  { derived, additions }: { readonly derived: Derived; readonly additions: Buffer | null },
): KeptResult {
  const files = filesOf(stageJob);
  const keyAt = (epoch: number | null) => keyOf({ ...stageJob, epoch }, additions);
  return {
    async find() {
      const epoch = stageJob.epoch ?? (await keptEpoch());
      const pieces = epoch === null ? undefined : await derived.open('result', keyAt(epoch));
      if (pieces === undefined) return undefined;
      try {
        return await write(pieces, files, stageJob.fsync);
      } catch (error) {
        for (const { path } of files) await rm(path, { force: true });
        if (error instanceof SpoiledEntry) return undefined;
        throw error;
      } finally {
        await pieces.return(undefined);
      }
    },
    async keep(kept) {
      await derived.keep('result', keyAt(kept.staged.epoch), contentOf(kept, files));
      if (stageJob.epoch !== null) return;
      await derived.keep('result', keyAt(null), Readable.from([Buffer.from(String(kept.staged.epoch))]));
    },
  };

  /** The epoch that follows from the packages, as it was found when they were unpacked. */
  async function keptEpoch(): Promise<number | null> {
    const bytes = await derived.read('result', keyAt(null));
    return bytes === undefined ? null : Number(bytes.toString());
  }
}

interface ResultFile {
  readonly path: string;
  readonly mode: number;
}

function filesOf({ tars, layer, directory }: StageJob): readonly ResultFile[] {
  const layers = layer === null ? [] : [{ path: join(directory, LAYER), mode: 0o600 }];
  return [...tars.map(({ file, mode }) => ({ path: file, mode })), ...layers];
}

/** Inputs that do not decide the bytes are left out by name, so that whatever is added to a job counts. */
function keyOf(stageJob: StageJob, additions: Buffer | null): string {
  const { directory, leftovers, jobs, env, fsync, verbosity, ...reported } = stageJob;
  const { include, scriptTimeout, derived, hasFollowers, ...made } = reported;
  return derivedKey({
    ...made,
    tars: stageJob.tars.map(({ compression }) => compression),
    additions: additions === null ? null : createHash('sha256').update(additions).digest('hex'),
    // Another zlib packs the same into other bytes.
    packers: [process.version, process.arch, process.versions.zlib],
  });
}

async function* contentOf(kept: Kept, files: readonly ResultFile[]): AsyncGenerator<Buffer> {
  const sizes = await Promise.all(files.map(async ({ path }) => (await stat(path)).size));
  const head = Buffer.from(JSON.stringify({ kept, sizes }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  yield Buffer.concat([length, head]);
  for (const { path } of files) yield* createReadStream(path, { highWaterMark: 2 ** 20 });
}

async function write(
  pieces: AsyncGenerator<Buffer>,
  files: readonly ResultFile[],
  fsync: boolean,
): Promise<Kept> {
  const take = inParts(pieces);
  const whole = (size: number) => collect(take(size));
  const head = await whole((await whole(4)).readUInt32BE());
  const { kept, sizes } = JSON.parse(head.toString()) as { kept: Kept; sizes: readonly number[] };
  for (const [index, { path, mode }] of files.entries()) {
    const file = createWriteStream(path, { flags: 'wx', mode, flush: fsync });
    await pipeline(Readable.from(take(sizes[index]!)), file);
  }
  return kept;
}

/** Gives the next so many bytes each time. */
function inParts(pieces: AsyncGenerator<Buffer>): (size: number) => AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  return async function* (size) {
    for (let left = size; left > 0; ) {
      if (rest.length === 0) rest = (await pieces.next()).value ?? Buffer.alloc(0);
      if (rest.length === 0) throw new Error('a kept result is shorter than it says');
      const piece = rest.subarray(0, left);
      rest = rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  };
}
