/** From verified packages to a finished rootfs: unpacked, configured, its Tree read back, and sealed. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { openDerived } from '../derived/derived.ts';
import type { Checkpoints, Installed } from '../families/family.ts';
import { writeFileSystem } from '../filesystem/write.ts';
import type { HookRequest } from '../hooks/hook-request.ts';
import { openHooks } from '../hooks/run.ts';
import { contentsBelow } from '../image/contents-below.ts';
import { writeLayer } from '../image/layer.ts';
import type { LayerCodec } from '../image/media-types.ts';
import { type PackedLayer, packLayer } from '../image/pack-layer.ts';
import { refuseWhiteouts } from '../image/whiteouts.ts';
import type { Event } from '../job.ts';
import { tallyExclusions } from '../rootfs/exclusion-tally.ts';
import { compileExclusions, type Excluded, parsePathRules } from '../rootfs/exclusions.ts';
import { prune } from '../rootfs/prune.ts';
import { Root } from '../rootfs/root.ts';
import { scanTree, stripOverlayXattrs } from '../rootfs/scan.ts';
import type { Tree } from '../rootfs/tree.ts';
import { endDescendants } from '../sandbox/survivors.ts';
import { syncFileSystem } from '../sandbox/syscalls.ts';
import type { InstallerTools } from './installer-tools.ts';
import { entriesOf, type LocalContent, planLocalContent } from './local-content.ts';
import { openLog } from './log.ts';
import { ADDITIONS, EXCHANGE, LAYER, LOG, ROOTFS, type Staged, type StageJob } from './protocol.ts';
import { writeTar } from './seal.ts';
import { openWorkspace } from './workspace.ts';

export interface Stage {
  run(): Promise<Staged>;
  fetched(index: number, found: { readonly file: string; readonly cached: boolean }): void;
  /** Ends all that runs in the rootfs and leaves no mount, so that it can be removed. */
  abandon(): Promise<void>;
}

export interface StageSurroundings {
  readonly emit: (event: Event) => void;
  /** Has a request run outside of the namespaces. */
  readonly outside: (request: HookRequest) => Promise<void>;
}

export function openStage(
  job: StageJob,
  { unpacker, sandbox, installer }: InstallerTools,
  { emit, outside }: StageSurroundings,
): Stage {
  for (const path of job.leftovers) sweep(path);
  const rootfs = `${job.directory}/${ROOTFS}`;
  mkdirSync(rootfs, { mode: 0o755 });
  const packed = job.packages.reduce((sum, { size }) => sum + size, 0);
  const workspace = openWorkspace({ ...job, rootfs, packed });
  const { root } = workspace;
  const owners = job.mode !== 'none';
  const arrivals = job.packages.map(() => arrival());
  const log = openLog(`${job.directory}/${LOG}`);
  const exclusion = compileExclusions(parsePathRules(job.pathRules));
  const exchange = `${job.directory}/${EXCHANGE}`;
  const hooks = openHooks(job.hooks, { ...job, root, exchange, outside, log: logLine });
  /** Whether a package was not in the cache before. */
  let hasFetched = false;
  let left: Promise<void> | undefined;

  return {
    run,
    fetched(index, { file, cached }) {
      hasFetched ||= !cached;
      arrivals[index]?.resolve(file);
    },
    abandon: () => leave(),
  };

  async function run(): Promise<Staged> {
    emit({ type: 'phase', phase: 'stage', packages: job.packages.length });
    await unpacker.enter(root);
    await unpacker.prepareIn(job.derived);
    const tally = tallyExclusions();
    const places = new Map(job.packages.map((item, index) => [item, index]));
    const { install } = await installer;
    const installed = await install(job, {
      root,
      fileOf: (item) => arrivals[places.get(item) ?? -1]?.promise ?? Promise.reject(new Error(item.name)),
      unpacker,
      sandbox,
      exclusion,
      hooks: hooks.phases,
      checkpoints: openCheckpoints(),
      onStaged: (name) => emit({ type: 'staged', name }),
      onExcluded: (entries) => tally.add(entries),
      onConfigured: (name) => emit({ type: 'configured', name }),
      onScripts: () => emit({ type: 'phase', phase: 'configure', packages: job.packages.length }),
      log: logLine,
    });
    await endScripts();
    tally.add(await clearAway());
    const devices = withoutExcluded(installed.devices);
    const local = planLocalContent(new Root(root), localContent(), installed.epoch);
    const refused = await unpacker.edit({ ...local, entries: [...devices, ...local.entries] });

    await unpacker.rest();
    const inMemory = workspace.kind === 'memory';
    if (!inMemory) await leave(); // An overlay hides what it has noted on its directories.
    const finished = inMemory ? root : rootfs;
    const planned = new Map([...installed.tree, ...devices, ...entriesOf(local)]);
    const sealing = new Root(finished);
    const tree = readBack(sealing, planned, [...installed.refusedNodes, ...refused]);
    report(installed, refused.length);
    emit({ type: 'phase', phase: 'deliver' });
    const sealed = { root: sealing, epoch: installed.epoch };
    for (const tar of job.tars) await writeTar(tree, { ...sealed, ...tar, fsync: job.fsync });
    for (const place of job.fileSystems) {
      const { jobs, directory: folder, fsync } = job;
      const content = { tree, root: finished, epoch: installed.epoch, open: contentsBelow(sealing) };
      await writeFileSystem(content, { ...place, jobs, folder, fsync });
    }
    const layer = job.layer === null ? null : await sealLayer(tree, { ...sealed, codec: job.layer });
    sealing.release();
    if (job.keepsRootfs && inMemory) await unpacker.copy(tree, root, rootfs);
    if (job.keepsRootfs && job.fsync) await syncFileSystem(rootfs);
    await leave();
    const files = [...tree.values()].filter((entry) => entry.type === 'file');
    return {
      epoch: installed.epoch,
      skipped: installed.skipped,
      layer,
      excluded: tally.byRule(),
      entries: tree.size,
      size: files.reduce((sum, entry) => sum + entry.size, 0),
    };
  }

  /**
   * In memory alone directories are listed in the same order on every host. The first build in a cache that is
   * thrown away should not pay for what none will use (decision 186).
   */
  function openCheckpoints(): Checkpoints | null {
    if (job.derived === null || workspace.kind !== 'memory') return null;
    const { open, keep } = openDerived(job.derived, (message) => emit({ type: 'notice', message }));
    return {
      open: (key) => open('checkpoint', key),
      keep: (key, pieces) => keep('checkpoint', key, pieces),
      isWorthKeeping: () => job.hasFollowers || !hasFetched,
    };
  }

  function logLine(line: string): void {
    log.add(line);
    emit({ type: 'log', line });
  }

  function withoutExcluded(tree: Tree): Tree {
    const kept = [...tree].filter(([path, { type }]) => {
      return exclusion(`/${path}`, type === 'dir' || type === 'symlink' ? type : 'file') === null;
    });
    return new Map(kept);
  }

  /** The Tree is what is on disk; owners and nodes that could not be made there come from the plan of it. */
  function readBack(directory: Root, planned: Tree, refused: readonly string[]) {
    const tree = scanTree(directory);
    if (workspace.kind === 'overlay') stripOverlayXattrs(directory, tree);
    if (!owners) {
      for (const [path, entry] of tree) {
        const meta = planned.get(path);
        const { mode, uid, gid, xattrs } = meta ?? { ...entry, uid: 0, gid: 0 };
        tree.set(path, { ...entry, mode, uid, gid, ...(xattrs === undefined ? {} : { xattrs }) });
      }
    }
    for (const path of refused) tree.set(path, tree.get(path) ?? planned.get(path)!);
    return tree;
  }

  /** Removes what path rules leave dangling or empty; nothing is scanned where there are none. */
  async function clearAway(): Promise<readonly Excluded[]> {
    if (job.pathRules.length === 0) return [];
    const pruned = prune(scanTree(new Root(root)), exclusion);
    const remove = pruned.map(({ path }) => path);
    await unpacker.edit({ remove });
    return pruned;
  }

  function sealLayer(
    tree: Tree,
    { root, epoch, codec }: { root: Root; epoch: number; codec: LayerCodec },
  ): Promise<PackedLayer> {
    refuseWhiteouts(tree);
    const tar = writeLayer(tree, { epoch, open: contentsBelow(root) });
    return packLayer(tar, { file: `${job.directory}/${LAYER}`, codec });
  }

  function localContent(): LocalContent {
    const additions = job.hasAdditions ? readFileSync(`${job.directory}/${ADDITIONS}`) : null;
    return { accounts: job.accounts, additions };
  }

  function report({ skipped, removedSecrets, refusedNodes, notices }: Installed, refused: number): void {
    for (const message of notices ?? []) emit({ type: 'notice', message });
    if (removedSecrets.length > 0) {
      const message = `keys and names that every copy of the base would share were removed: ${removedSecrets.join(', ')}`;
      emit({ type: 'notice', message });
    }
    if (skipped.length > 0) {
      const message = `${skipped.length} maintainer scripts did not run: ${skipped.join(', ')}`;
      emit({ type: 'notice', message });
    }
    if (job.keepsRootfs && refused + refusedNodes.length > 0) {
      emit({ type: 'notice', message: 'this user may not make device nodes: `/dev` is left without them' });
    }
  }

  async function endScripts(): Promise<void> {
    await sandbox?.close();
    if (job.mode === 'chroot') await endDescendants();
  }

  function leave(): Promise<void> {
    left ??= (async () => {
      await Promise.all([unpacker.close(), hooks.close()]);
      await endScripts();
      workspace.close();
      log.close();
    })();
    return left;
  }
}

/** Removes what a run that died has left; another run may be removing it, too. */
function sweep(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // The next run tries again.
  }
}

/** A package file that is still to come. */
function arrival(): { readonly promise: Promise<string>; resolve(file: string): void } {
  let resolve: (file: string) => void = () => {};
  const promise = new Promise<string>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
