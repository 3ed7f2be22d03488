/** The first two parts of an installation: the Essential set, and what the variant has beside it. */
import type { HookPhase } from '../../../hooks/hook.ts';
import type { LockedPackage } from '../../../lock/lock.ts';
import { Root } from '../../../rootfs/root.ts';
import { scanPlaces, scanTree } from '../../../rootfs/scan.ts';
import type { Entry } from '../../../rootfs/tree.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import type { InstallJob, InstallTools } from '../../family.ts';
import { FAR_AHEAD, openAhead } from '../../fetched-package.ts';
import { datePasswords, dayOf } from '../../traces.ts';
import { aptFamily } from '../lock-section.ts';
import { type Member, splitBase } from './base-set.ts';
import { forbidServices } from './finish.ts';
import { exclusionInBase, settingsNotHeeded } from './hook-settings.ts';
import { installOrder } from './install-order.ts';
import { hasPreinst, installSet, namesOf } from './install-set.ts';
import type { ScriptRunner } from './maintainer-scripts.ts';
import { openPackages } from './opened-packages.ts';
import { initialRedirections } from './redirections.ts';
import { diversionsOf, silencingFiles } from './silenced.ts';
import { startFiles } from './start-files.ts';
import { SILENT, STUBS } from './stubs.ts';
import {
  type OpenedPackage,
  openRootfs,
  type Rootfs,
  unpackWave,
  type WaveTools,
  waveTools,
} from './wave.ts';

/** A base that is configured, in the sandbox, and what is still to come. */
export interface Base {
  readonly rootfs: Rootfs;
  /** Those that are in place. */
  readonly packages: readonly Member[];
  readonly added: readonly OpenedPackage[];
  /** The job's epoch, seconds since 1970. */
  readonly epoch: number;
  /** The epoch of its scripts, which no addition affects. */
  readonly baseEpoch: number;
  /** When the newest of its packages was built. */
  readonly newest: number;
  readonly refusedNodes: readonly string[];
  /** Whether it is in the rootfs with all that its scripts have done. */
  readonly isAlone: boolean;
  /** For what is added. */
  readonly placing: WaveTools;
}

export interface BaseTools extends InstallTools {
  readonly sandbox: Sandbox;
  readonly scriptsAt: (epoch: number) => ScriptRunner;
}

/** Makes it from nothing. */
export async function makeBase(job: InstallJob, tools: BaseTools): Promise<Base> {
  const { sandbox, unpacker, root } = tools;
  const { mergedUsr, silenced } = aptFamily(job).image;
  const rootfs = openRootfs();
  const isFirst = ({ reason }: LockedPackage) => job.allFirst || reason === 'essential';
  const opening = openPackages(job, tools, isFirst);
  const runHook = async (phase: HookPhase) => {
    await runHooks(phase, { rootfs, epoch: await opening.epoch }, tools);
  };

  let texts = (epoch: number) => [...startFiles(job)(epoch), ...silencingFiles(silenced, epoch)];
  if (tools.hooks.setup !== undefined) {
    // A hook may look for the settings, or change them, and write to /tmp.
    const epoch = await opening.epoch;
    const written = texts(epoch);
    await unpacker.edit({ entries: [temporary(epoch)], files: written });
    texts = () => [];
    await runHook('setup');
    rootfs.notices.push(...settingsNotHeeded(scanTree(new Root(root)), written));
  }
  const first = installOrder(await opening.first);
  const rules = {
    ...initialRedirections(root, diversionsOf(silenced)),
    usr: mergedUsr ? 'merge' : 'as-shipped',
    conffiles: 'both',
  } as const;
  const refusedFirst = await unpackWave(rootfs, first, rules, texts, waveTools(tools, opening.epoch));
  tools.onScripts();
  const epoch = await opening.epoch;
  const { base, added } = splitBase({ first, rest: await opening.rest }, job);
  const newest = newestOf([...first, ...base]);
  const baseEpoch = job.allFirst ? epoch : Math.min(epoch, newest);
  const scripts = tools.scriptsAt(baseEpoch);
  await sandbox.enter(root, { stubs: STUBS, arch: job.arch });
  const outside = await outsideOf(tools);
  openAhead([...installOrder(base), ...installOrder(added)], FAR_AHEAD);
  await scripts.check(job.arch);
  await forbidServices(sandbox);
  for (const opened of first) if (hasPreinst(opened)) await scripts.preinst(opened);
  await scripts.configure({ packages: namesOf(first), triggers: 'process' }, tools.onConfigured);
  if (job.debconfSelections !== null) await scripts.preseed(job.debconfSelections);
  if (tools.hooks.essential !== undefined) await runHook('essential');
  await forbidServices(sandbox);

  // The Essential set was unpacked without dpkg, as mmdebstrap does it; the rest is as dpkg would unpack it.
  const mayDiffer = tools.hooks.setup !== undefined || tools.hooks.essential !== undefined;
  const exclusion = mayDiffer ? await exclusionInBase(sandbox, job.pathRules) : tools.exclusion;
  const placing = waveTools({ ...tools, exclusion }, opening.epoch);
  const refusedBase = await installSet(base, { ...tools, scripts, rootfs, placing });
  // The useradd of some suites takes the day from the clock only.
  await datePasswords(sandbox, (day) => Math.min(day, dayOf(baseEpoch)));
  return {
    rootfs,
    packages: [...first, ...base],
    ...{ added, epoch, baseEpoch, newest, placing },
    refusedNodes: [...refusedFirst, ...refusedBase],
    isAlone: outside === (await outsideOf(tools)),
  };
}

/** The sandbox's own state that scripts see and no rootfs has: files, running programs, covered programs. */
async function outsideOf({ sandbox, root }: BaseTools): Promise<string> {
  const files = await Promise.all(['/tmp', '/dev', '/dev/shm'].map((path) => sandbox.list(path)));
  const running = (await sandbox.list('/proc')).filter((name) => /^\d+$/.test(name));
  const rootfs = new Root(root);
  const covered = STUBS.map(({ path }) => rootfs.stat(rootfs.follow(path)) !== undefined);
  rootfs.release();
  return JSON.stringify([files, running, covered]);
}

/** The user's own programs of a phase, if there are any. */
export async function runHooks(
  phase: HookPhase,
  { rootfs, epoch }: Pick<Base, 'rootfs' | 'epoch'>,
  { hooks, unpacker, root }: InstallTools,
): Promise<void> {
  if (hooks[phase] === undefined) return;
  await hooks[phase]({ epoch, stubs: SILENT });
  // They may have removed directories that the unpacker knows.
  await unpacker.enter(root);
  rootfs.tree = scanPlaces(new Root(root));
}

/** When the newest was built. */
export function newestOf(packages: readonly Pick<OpenedPackage, 'built'>[]): number {
  return Math.max(0, ...packages.map(({ built }) => built));
}

function temporary(epoch: number): readonly [string, Entry] {
  return ['tmp', { type: 'dir', mode: 0o1777, uid: 0, gid: 0, mtime: epoch }];
}
