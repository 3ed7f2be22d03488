/**
 * A base that was configured before, with what mkbase knows of it, kept as a packed tree: a build of the same base
 * begins there, and has the bytes that it would have from nothing (decision 186).
 */
import { createHash } from 'node:crypto';
import { machine, release } from 'node:os';
import { derivedKey, SpoiledEntry } from '../../../derived/derived.ts';
import { openPacked, type PackedTree, packTree } from '../../../rootfs/packed-tree.ts';
import { Root } from '../../../rootfs/root.ts';
import type { InstallJob, InstallTools } from '../../family.ts';
import { FAR_AHEAD, openAhead } from '../../fetched-package.ts';
import { aptFamily } from '../lock-section.ts';
import { type Base, type BaseTools, newestOf } from './base.ts';
import { isVariants, splitBase } from './base-set.ts';
import { installOrder } from './install-order.ts';
import { type KeptBase, keptBase, rootfsOf } from './kept-base.ts';
import { openPackages } from './opened-packages.ts';
import { STUBS } from './stubs.ts';
import { waveTools } from './wave.ts';

export interface CheckpointTools extends BaseTools {
  /** When the build began to write, milliseconds since 1970: it made all files that are younger. */
  readonly began: number;
}

/** Milliseconds that the clock of a file system may be late. */
const LAG = 1000;

/** Files that hold places of other files on their file system: regenerated when missing. */
const OF_THE_DISK: ReadonlySet<string> = new Set(['var/cache/ldconfig/aux-cache']);

/** Packs the base, where another build of it would come to the same. */
export async function keepCheckpoint(base: Base, job: InstallJob, tools: CheckpointTools): Promise<void> {
  const { checkpoints, root, began } = tools;
  const { rootfs, packages, epoch, baseEpoch, newest, refusedNodes, isAlone } = base;
  if (checkpoints === null || !checkpoints.isWorthKeeping()) return;
  if (!isPure(job, tools.hooks) || refusedNodes.length > 0 || !isAlone) return;
  // Times distinguish files made by scripts from those of packages.
  const isYoung = (time: number) => time * 1000 >= began - LAG;
  if (isYoung(epoch) || [...rootfs.planned.values()].some(({ mtime }) => isYoung(mtime))) return;
  const about = keptBase({ rootfs, packages, epoch, baseEpoch, newest, began, packed: Date.now() });
  const pieces = packTree(new Root(root), about, OF_THE_DISK);
  if (pieces !== null) {
    await checkpoints.keep(checkpointKey(job, newest <= epoch ? null : epoch), pieces);
  }
}

/** Puts such a base in place; null, with nothing in place, where none is kept. */
export async function restoreBase(job: InstallJob, tools: CheckpointTools): Promise<Base | null> {
  const { checkpoints, root } = tools;
  if (checkpoints === null || !isPure(job, tools.hooks)) return null;
  for (const epoch of job.epoch === null ? [null] : [null, job.epoch]) {
    const pieces = await checkpoints.open(checkpointKey(job, epoch));
    if (pieces === undefined) continue;
    try {
      const packed = await openPacked(pieces);
      const base = await restore(packed, job, tools);
      if (base !== null) return base;
      await packed.close();
    } catch (error) {
      if (!(error instanceof SpoiledEntry)) throw error;
      clear(root);
    }
  }
  return null;
}

/** Whether nothing but the packages, the settings in the key and mkbase itself decide what the base is. */
export function isPure(
  { mode, allFirst }: Pick<InstallJob, 'mode' | 'allFirst'>,
  hooks: InstallTools['hooks'],
): boolean {
  const isIsolated = mode === 'root' || mode === 'unshare';
  return isIsolated && !allFirst && hooks.setup === undefined && hooks.essential === undefined;
}

/** All that a base is made of and that is known before a package was opened. `epoch`: where it is earlier than a package. */
export function checkpointKey(job: InstallJob, epoch: number | null): string {
  const { arch, mode, packages, pathRules, seedFiles, debconfSelections } = job;
  const { mergedUsr, silenced } = aptFamily(job).image;
  const isRoot = isVariants(job);
  return derivedKey({
    family: 'apt',
    ...{ arch, mode, pathRules, seedFiles, mergedUsr, silenced, epoch },
    packages: packages.filter(isRoot).map(({ name, digest, reason }) => [name, digest, reason]),
    answers: debconfSelections && createHash('sha256').update(debconfSelections).digest('hex'),
    // Scripts can ask for it.
    machine: [machine(), release()],
  });
}

/** Null where the packages of the job would not make this base. */
async function restore(packed: PackedTree, job: InstallJob, tools: CheckpointTools): Promise<Base | null> {
  const { sandbox, root, began } = tools;
  const kept = packed.about as KeptBase;
  const items = new Map(job.packages.map((item) => [item.digest, item]));
  const packages = kept.packages.flatMap(({ digest, control }) => {
    const item = items.get(digest);
    return item === undefined ? [] : [{ item, control }];
  });
  if (packages.length < kept.packages.length) return null;
  const inPlace = new Set(packages.map(({ item }) => item));
  const others = job.packages.filter((item) => !inPlace.has(item));
  const opening = openPackages({ ...job, packages: others }, tools, () => false);
  const added = await opening.rest;
  const first = packages.filter(({ item }) => item.reason === 'essential');
  const rest = [...packages.filter((one) => !first.includes(one)), ...added];
  const { base } = splitBase<(typeof rest)[number]>({ first, rest }, job);
  if (base.length !== packages.length - first.length || base.some(({ item }) => !inPlace.has(item)))
    return null;
  const epoch = job.epoch ?? Math.max(kept.newest, newestOf(added));
  if (Math.min(epoch, kept.newest) !== kept.baseEpoch || epoch * 1000 >= began - LAG) return null;

  openAhead(installOrder(added), FAR_AHEAD);
  const texts = new Set(kept.texts);
  const later = (Date.now() - kept.packed) / 1000;
  const retimed = (path: string, time: number) => {
    if (time === kept.epoch && texts.has(path)) return epoch;
    return time * 1000 >= kept.began - LAG ? time + later : time;
  };
  if (!(await packed.unpack(new Root(root), retimed))) {
    clear(root);
    return null;
  }
  const rootfs = rootfsOf(kept, job.pathRules);
  tools.log(`${packages.length} packages are taken from the cache as they were configured before`);
  tools.onExcluded(rootfs.excluded);
  for (const { control } of packages) tools.onStaged(control.name);
  tools.onScripts();
  await sandbox.enter(root, { stubs: STUBS, arch: job.arch });
  for (const { control } of packages) tools.onConfigured(control.name);
  return {
    ...{ rootfs, packages, added, epoch, baseEpoch: kept.baseEpoch, newest: kept.newest },
    ...{ refusedNodes: [], isAlone: true },
    placing: waveTools(tools, Promise.resolve(epoch)),
  };
}

function clear(path: string): void {
  const root = new Root(path);
  for (const { name } of root.list('')) root.removeAll(name);
  root.release();
}
