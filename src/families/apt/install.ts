/**
 * Installs a locked set of Debian packages into a staging rootfs, in dpkg's order: the Essential set is
 * unpacked before any script and then configured; the rest follows in waves of preinst, files, postinst.
 * Files and database are placed here, scripts are run by the rootfs' own dpkg.
 */
import { MkbaseError } from '../../errors.ts';
import type { HookPhase } from '../../hooks/hook.ts';
import { type AptImage, bytesOf, type LockedPackage } from '../../lock/lock.ts';
import { compileExclusions, parsePathRules } from '../../rootfs/exclusions.ts';
import { scanPlaces } from '../../rootfs/scan.ts';
import type { Entry } from '../../rootfs/tree.ts';
import type { TextFile } from '../../rootfs/unpack-protocol.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { FAR_AHEAD, openAhead } from '../arriving.ts';
import type { Installed, InstallJob, InstallTools } from '../family.ts';
import { aptState, extendedStates } from './apt-state.ts';
import { awaitArrivals } from './arrivals.ts';
import { deviceNodes } from './device-nodes.ts';
import { type Diversions, parseDiversions } from './diversions.ts';
import { DPKG_DIR, textFile } from './dpkg-database.ts';
import { finishRootfs, forbidServices } from './finish.ts';
import { installOrder, installWaves, neededBefore } from './install-order.ts';
import { createScriptRunner } from './maintainer-scripts.ts';
import { scriptEnvironment } from './script-environment.ts';
import { diversionsOf, silencingFiles } from './silenced.ts';
import { parseStatOverrides, type StatOverrides } from './stat-overrides.ts';
import { statusDirectory } from './status-directory.ts';
import { SILENT, STUBS } from './stubs.ts';
import { type Arrived, type Rootfs, unpackWave, type WaveTools } from './wave.ts';

const DEFAULTS: AptImage = { mergedUsr: true, silenced: [], dockerSettings: false };

export async function install(job: InstallJob, tools: InstallTools): Promise<Installed> {
  const { sandbox } = tools;
  const rootfs: Rootfs = { tree: new Map(), planned: new Map(), owners: new Map(), placed: [] };
  const isFirst = ({ reason }: LockedPackage) => sandbox === null || job.allFirst || reason === 'essential';
  const arrivals = awaitArrivals(job, tools, isFirst);
  const waveTools: WaveTools = {
    unpacker: tools.unpacker,
    exclusion: compileExclusions(parsePathRules(job.pathRules)),
    epoch: arrivals.epoch,
    before: async () => '',
    onStaged: tools.onStaged,
    onExcluded: tools.onExcluded,
  };
  const { mergedUsr, silenced, dockerSettings } = job.apt ?? DEFAULTS;
  const usr = mergedUsr ? 'merge' : 'as-shipped';
  const untouched = { diversions: parseDiversions(''), overrides: parseStatOverrides('', '', '') };
  const first = installOrder(await arrivals.first);

  if (sandbox === null) {
    const epoch = await arrivals.epoch;
    const rules = { ...untouched, usr, conffiles: 'final' } as const;
    const refusedNodes = await unpackWave(rootfs, first, rules, startFiles(job), waveTools);
    if (job.apt?.statusDirectory === true) {
      await tools.unpacker.finish(statusDirectory(tools.root, { packages: first, arch: job.arch, epoch }));
    }
    return {
      epoch,
      skipped: first.flatMap(scriptsOf),
      removedSecrets: [],
      refusedNodes,
      tree: rootfs.planned,
      devices: deviceNodes(epoch),
    };
  }

  const dpkg = job.packages.find(({ name }) => name === 'dpkg');
  if (dpkg === undefined) throw noDpkg();

  const diversions = parseDiversions(diversionsOf(silenced));
  const rules = { ...untouched, diversions, usr, conffiles: 'both' } as const;
  let texts = (epoch: number) => [...startFiles(job)(epoch), ...silencingFiles(silenced, epoch)];
  const runHooks = async (phase: HookPhase) => {
    await tools.hooks[phase]?.({ epoch: await arrivals.epoch, stubs: SILENT });
    // They may have removed directories that the unpacker knows.
    await tools.unpacker.enter(tools.root);
    rootfs.tree = scanPlaces(tools.root);
  };
  if (tools.hooks.setup !== undefined) {
    // A hook may look for the settings, or change them, and write to /tmp.
    const epoch = await arrivals.epoch;
    await tools.unpacker.finish({ remove: [], settle: [], others: [temporary(epoch)], texts: texts(epoch) });
    texts = () => [];
    await runHooks('setup');
  }
  const refused = [...(await unpackWave(rootfs, first, rules, texts, waveTools))];
  tools.onScripts();
  const epoch = await arrivals.epoch;
  const rest = installOrder(await arrivals.rest);
  const waves = installWaves(rest);
  openAhead(waves[0] ?? [], FAR_AHEAD);
  await sandbox.enter(tools.root, STUBS);
  const scripts = createScriptRunner({
    sandbox,
    env: scriptEnvironment(epoch),
    dpkgVersion: dpkg.version,
    log: tools.log,
  });
  await scripts.check(job.arch);
  await forbidServices(sandbox);
  for (const opened of first) await scripts.preinst(opened);
  const names = (packages: readonly Arrived[]) => packages.map(({ control }) => control.name);
  await scripts.configure({ packages: names(first), triggers: 'process' }, tools.onConfigured);
  if (job.debconfSelections !== null) await scripts.preseed(job.debconfSelections);
  if (tools.hooks.essential !== undefined) await runHooks('essential');
  await forbidServices(sandbox);

  const before = async (name: string) =>
    (await sandbox.read(`/${DPKG_DIR}/${name}`))?.toString('latin1') ?? '';
  const configured = new Set<Arrived>();
  for (const [number, wave] of waves.entries()) {
    for (const opened of wave) await scripts.preinst(opened);
    rootfs.tree = scanPlaces(tools.root);
    const rules = { ...(await readOverrides(sandbox)), usr: 'as-shipped', conffiles: 'new' } as const;
    refused.push(...(await unpackWave(rootfs, wave, rules, () => [], { ...waveTools, before })));
    const next = waves[number + 1];
    openAhead(next ?? [], FAR_AHEAD);
    if (next === undefined) {
      await scripts.configure({ packages: 'pending', triggers: 'process' }, tools.onConfigured);
    } else {
      const needed = neededBefore(next, waves.slice(0, number + 1).flat(), configured);
      await scripts.configure({ packages: names(needed), triggers: 'wait' }, tools.onConfigured);
      for (const item of needed) configured.add(item);
    }
  }
  if (tools.hooks.customize !== undefined) await runHooks('customize');
  const removedSecrets = await finishRootfs(sandbox, { ...job, silenced, keepStubs: dockerSettings, epoch });
  if (job.packages.some(({ name }) => name === 'apt')) {
    const states = extendedStates([...first, ...rest], job.arch);
    const passwd = (await sandbox.read('/etc/passwd'))?.toString('latin1') ?? '';
    await tools.unpacker.finish(aptState(states, passwd, epoch));
  }
  return {
    epoch,
    skipped: [],
    removedSecrets,
    refusedNodes: refused,
    tree: rootfs.planned,
    devices: deviceNodes(epoch),
  };
}

/** What dpkg and apt expect to find on a new system, and an fstab that says it is to be written. */
function startFiles({ arch, seedFiles }: InstallJob): (epoch: number) => readonly TextFile[] {
  return (epoch) => [
    ...seedFiles.map((file) => textFile(file.path, bytesOf(file), epoch, file.mode)),
    textFile(`${DPKG_DIR}/arch`, `${arch}\n`, epoch),
    textFile(`${DPKG_DIR}/info/format`, '1\n', epoch),
    textFile('etc/fstab', '# UNCONFIGURED FSTAB FOR BASE SYSTEM\n', epoch),
  ];
}

function temporary(epoch: number): readonly [string, Entry] {
  return ['tmp', { type: 'dir', mode: 0o1777, uid: 0, gid: 0, mtime: epoch }];
}

async function readOverrides(
  sandbox: Sandbox,
): Promise<{ readonly diversions: Diversions; readonly overrides: StatOverrides }> {
  const paths = [`/${DPKG_DIR}/diversions`, `/${DPKG_DIR}/statoverride`, '/etc/passwd', '/etc/group'];
  const files = await Promise.all(paths.map((path) => sandbox.read(path)));
  const [diversions, ...overrides] = files.map((file) => file?.toString('latin1') ?? '');
  return {
    diversions: parseDiversions(diversions!),
    overrides: parseStatOverrides(...(overrides as [string, string, string])),
  };
}

function scriptsOf({ control, files }: Arrived): readonly string[] {
  return ['preinst', 'postinst'].filter((name) => files.has(name)).map((name) => `${control.name}: ${name}`);
}

function noDpkg(): MkbaseError {
  return new MkbaseError('script/no-dpkg', 'the packages cannot be configured: `dpkg` is not among them', {
    hint: 'add `--include=dpkg`, or leave the scripts out with `--scripts=skip`',
  });
}
