/**
 * Installs a locked set of Debian packages into a staging rootfs, in dpkg's order: the Essential set is
 * unpacked before any script and then configured; the rest follows in the steps that apt would take.
 * Files and database are placed here, scripts are run by the rootfs' own dpkg.
 */
import { MkbaseError } from '../../../errors.ts';
import type { HookPhase } from '../../../hooks/hook.ts';
import type { LockedPackage } from '../../../lock/lock.ts';
import { Root } from '../../../rootfs/root.ts';
import { scanPlaces, scanTree } from '../../../rootfs/scan.ts';
import type { Entry } from '../../../rootfs/tree.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { FAR_AHEAD, openAhead } from '../../arriving.ts';
import type { Installed, InstallJob, InstallTools } from '../../family.ts';
import { datePasswords, dayOf } from '../../traces.ts';
import { aptFamily } from '../lock-section.ts';
import { aptState, extendedStates } from './apt-state.ts';
import { awaitArrivals } from './arrivals.ts';
import { splitBase } from './base-set.ts';
import { deviceNodes } from './device-nodes.ts';
import { DPKG_DIR } from './dpkg-database.ts';
import { finishRootfs, forbidServices } from './finish.ts';
import { exclusionInBase, settingsNotHeeded } from './hook-settings.ts';
import { isIdle } from './idle-preinst.ts';
import { installOrder, installSteps } from './install-order.ts';
import { settleListings } from './listings.ts';
import { createScriptRunner, type ScriptRunner } from './maintainer-scripts.ts';
import { initialRedirections, readRedirections } from './redirections.ts';
import { scriptEnvironment } from './script-environment.ts';
import { diversionsOf, silencingFiles } from './silenced.ts';
import { startFiles } from './start-files.ts';
import { SILENT, STUBS } from './stubs.ts';
import { unpackOnly } from './unpack-only.ts';
import { type Arrived, openRootfs, type Rootfs, unpackWave, type WaveTools, waveTools } from './wave.ts';

/** See {@link Installer}. */
export function install(job: InstallJob, tools: InstallTools): Promise<Installed> {
  const { sandbox } = tools;
  return sandbox === null ? unpackOnly(job, tools) : unpackAndConfigure(job, { ...tools, sandbox });
}

interface Tools extends InstallTools {
  readonly sandbox: Sandbox;
}

async function unpackAndConfigure(job: InstallJob, tools: Tools): Promise<Installed> {
  const { sandbox, unpacker, root } = tools;
  const dpkg = job.packages.find(({ name }) => name === 'dpkg');
  if (dpkg === undefined) throw noDpkg();
  const { mergedUsr, silenced, dockerSettings } = aptFamily(job).image;
  const rootfs = openRootfs();
  const isFirst = ({ reason }: LockedPackage) => job.allFirst || reason === 'essential';
  const arrivals = awaitArrivals(job, tools, isFirst);
  const placing = waveTools(tools, arrivals.epoch);
  const runHooks = async (phase: HookPhase) => {
    await tools.hooks[phase]?.({ epoch: await arrivals.epoch, stubs: SILENT });
    // They may have removed directories that the unpacker knows.
    await unpacker.enter(root);
    rootfs.tree = scanPlaces(new Root(root));
  };

  let texts = (epoch: number) => [...startFiles(job)(epoch), ...silencingFiles(silenced, epoch)];
  if (tools.hooks.setup !== undefined) {
    // A hook may look for the settings, or change them, and write to /tmp.
    const epoch = await arrivals.epoch;
    const written = texts(epoch);
    await unpacker.finish({ remove: [], settle: [], others: [temporary(epoch)], texts: written });
    texts = () => [];
    await runHooks('setup');
    rootfs.notices.push(...settingsNotHeeded(scanTree(new Root(root)), written));
  }
  const first = installOrder(await arrivals.first);
  const rules = {
    ...initialRedirections(root, diversionsOf(silenced)),
    usr: mergedUsr ? 'merge' : 'as-shipped',
    conffiles: 'both',
  } as const;
  const refusedFirst = await unpackWave(rootfs, first, rules, texts, placing);
  tools.onScripts();
  const epoch = await arrivals.epoch;
  const { base, added } = splitBase({ first, rest: await arrivals.rest }, job);
  const baseEpoch = job.allFirst ? epoch : Math.min(epoch, newestOf([...first, ...base]));
  const scriptsAt = (time: number) =>
    createScriptRunner({ sandbox, env: scriptEnvironment(time), dpkgVersion: dpkg.version, log: tools.log });
  const scripts = scriptsAt(baseEpoch);
  await sandbox.enter(root, { stubs: STUBS, arch: job.arch });
  openAhead([...installOrder(base), ...installOrder(added)], FAR_AHEAD);
  await scripts.check(job.arch);
  await forbidServices(sandbox);
  for (const opened of first) if (hasPreinst(opened)) await scripts.preinst(opened);
  await scripts.configure({ packages: namesOf(first), triggers: 'process' }, tools.onConfigured);
  if (job.debconfSelections !== null) await scripts.preseed(job.debconfSelections);
  if (tools.hooks.essential !== undefined) await runHooks('essential');
  await forbidServices(sandbox);

  // The Essential set was unpacked without dpkg, as mmdebstrap does it; the rest is as dpkg would unpack it.
  const mayDiffer = tools.hooks.setup !== undefined || tools.hooks.essential !== undefined;
  const exclusion = mayDiffer ? await exclusionInBase(sandbox, job.pathRules) : tools.exclusion;
  const surroundings = { ...tools, rootfs, placing: waveTools({ ...tools, exclusion }, arrivals.epoch) };
  const refusedBase = await unpackAndConfigureSet(base, { ...surroundings, scripts });
  await datePasswords(sandbox, (day) => Math.min(day, dayOf(baseEpoch)));
  const refusedAdded = await unpackAndConfigureSet(added, { ...surroundings, scripts: scriptsAt(epoch) });
  // Whatever was added, all have the same day.
  await datePasswords(sandbox, (day) => (day === dayOf(baseEpoch) ? dayOf(epoch) : day));
  if (tools.hooks.customize !== undefined) await runHooks('customize');
  const removedSecrets = await finishRootfs(sandbox, { ...job, silenced, keepStubs: dockerSettings, epoch });
  if (job.packages.some(({ name }) => name === 'apt')) {
    const states = extendedStates([...first, ...base, ...added], job.arch);
    const passwd = (await sandbox.read('/etc/passwd'))?.toString('latin1') ?? '';
    await unpacker.finish(aptState(states, passwd, epoch));
  }
  return {
    epoch,
    skipped: [],
    notices: rootfs.notices,
    removedSecrets,
    refusedNodes: [...refusedFirst, ...refusedBase, ...refusedAdded],
    tree: rootfs.planned,
    devices: deviceNodes(epoch),
  };
}

interface StepSurroundings extends Tools {
  readonly scripts: ScriptRunner;
  readonly rootfs: Rootfs;
  readonly placing: WaveTools;
}

/**
 * Packages on top of what is configured; gives the paths of device nodes that were refused. A preinst finds the
 * files of all packages before its own, as it does where apt unpacks one after another.
 */
async function unpackAndConfigureSet(
  packages: readonly Arrived[],
  { root, sandbox, onConfigured, scripts, rootfs, placing }: StepSurroundings,
): Promise<readonly string[]> {
  const steps = installSteps(installOrder(packages), hasPreinst);
  const before = async (name: string) =>
    (await sandbox.read(`/${DPKG_DIR}/${name}`))?.toString('latin1') ?? '';
  const refused: string[] = [];
  for (const [number, { configure, unpack }] of steps.entries()) {
    const ahead = steps.slice(number).flatMap((step) => step.unpack);
    openAhead(ahead, FAR_AHEAD);
    await scripts.configure({ packages: namesOf(configure), triggers: 'wait' }, onConfigured);
    for (const opened of unpack) if (hasPreinst(opened)) await scripts.preinst(opened);
    rootfs.tree = scanPlaces(new Root(root));
    const rules = { ...(await readRedirections(sandbox)), usr: 'as-shipped', conffiles: 'new' } as const;
    refused.push(...(await unpackWave(rootfs, unpack, rules, () => [], { ...placing, before })));
  }
  if (steps.length > 0) {
    await settleListings(sandbox);
    await scripts.configure({ packages: 'pending', triggers: 'process' }, onConfigured);
  }
  return refused;
}

/** Whether it has one that does something. */
function hasPreinst({ files }: Arrived): boolean {
  const preinst = files.get('preinst');
  return preinst !== undefined && !isIdle(Buffer.from(preinst.body).toString('latin1'));
}

/** When the newest was built. */
function newestOf(packages: readonly Arrived[]): number {
  return Math.max(0, ...packages.map(({ built }) => built));
}

function namesOf(packages: readonly Arrived[]): readonly string[] {
  return packages.map(({ control }) => control.name);
}

function temporary(epoch: number): readonly [string, Entry] {
  return ['tmp', { type: 'dir', mode: 0o1777, uid: 0, gid: 0, mtime: epoch }];
}

function noDpkg(): MkbaseError {
  return new MkbaseError('script/no-dpkg', 'the packages cannot be configured: `dpkg` is not among them', {
    hint: 'add `--include=dpkg`, or leave the scripts out with `--scripts=skip`',
  });
}
